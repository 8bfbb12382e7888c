package guest

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// describe makes the payload of the ready frame, without what differs between
// copies of a machine.
func describe(port bool, v *bootVariant) ([]byte, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return nil, fmt.Errorf("uname: %w", err)
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return nil, fmt.Errorf("sysinfo: %w", err)
	}
	ready := wire.Ready{
		Release: unix.ByteSliceToString(u.Release[:]),
		Machine: unix.ByteSliceToString(u.Machine[:]),
		Memory:  int64(info.Totalram) * int64(info.Unit),
		CPUs:    runtime.NumCPU(),
		Variant: string(v.wanted),
		Unmet:   v.unmet,
	}
	if port {
		ready.Window = wire.PortWindow
	}
	return wire.EncodeReady(ready)
}

// readBootID returns the kernel's identity of this boot.
func readBootID() (string, error) {
	text, err := os.ReadFile(bootIDFile)
	return strings.TrimSpace(string(text)), err
}

// bootIDFile is random at its first reading, and the same from then on.
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// uptime returns the time since the kernel started, in seconds.
func uptime() float64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return 0
	}
	return float64(now.Nano()) / 1e9
}
