package guest

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/wire"
)

// describe makes the ready frame.
func describe() (wire.Ready, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return wire.Ready{}, fmt.Errorf("uname: %w", err)
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return wire.Ready{}, fmt.Errorf("sysinfo: %w", err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return wire.Ready{}, err
	}
	var up float64
	if text, err := os.ReadFile("/proc/uptime"); err == nil {
		fmt.Sscan(string(text), &up)
	}
	return wire.Ready{
		Release: unix.ByteSliceToString(u.Release[:]),
		Machine: unix.ByteSliceToString(u.Machine[:]),
		BootID:  strings.TrimSpace(string(boot)),
		Uptime:  up,
		Memory:  int64(info.Totalram) * int64(info.Unit),
		CPUs:    runtime.NumCPU(),
	}, nil
}
