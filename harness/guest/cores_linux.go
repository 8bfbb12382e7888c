package guest

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// keepCores makes the kernel write the memory of what a signal kills to wire.Cores.
// A kernel without core dumps has no such setting, and a setting that is the host's
// stays.
func keepCores() error {
	if err := os.MkdirAll(wire.Cores, 0o777); err != nil {
		return err
	}
	err := os.WriteFile("/proc/sys/kernel/core_pattern", []byte(wire.Cores+"/core.%e.%p"), 0o644)
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// unlimitedCores lifts the limit on core dumps for this process's children.
func unlimitedCores() error {
	return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY})
}
