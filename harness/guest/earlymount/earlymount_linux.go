// Package earlymount mounts /proc and /sys before any other package of the
// guest agent is initialised, when the process is PID 1 of a machine.
//
// github.com/cilium/ebpf asks the kernel at package initialisation and
// remembers the answer, and without /proc that answer is wrong. The language
// specification ("Program initialization") orders packages whose imports are
// all ready by import path, so a package of this path that imports nothing but
// syscall comes before every package of github.com/cilium. The alternative, a
// second execve of the agent, would cost each machine another start of the
// runtime.
package earlymount

import "syscall"

// Err is why a mount went wrong; nil elsewhere than in PID 1.
var Err = mount()

func mount() error {
	if syscall.Getpid() != 1 {
		return nil
	}
	for _, fs := range []struct{ kind, dir string }{{"proc", "/proc"}, {"sysfs", "/sys"}} {
		syscall.Mkdir(fs.dir, 0o755)
		err := syscall.Mount(fs.kind, fs.dir, fs.kind, syscall.MS_NOSUID|syscall.MS_NOEXEC|syscall.MS_NODEV, "")
		if err != nil && err != syscall.EBUSY {
			return err
		}
	}
	return nil
}
