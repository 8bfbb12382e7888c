package build

import (
	"errors"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// limit bounds the address space of a process that has just begun, and the files it
// writes, in bytes. A process that has ended already needs no bound.
func limit(pid int, memory, file int64) error {
	for resource, bytes := range map[int]int64{unix.RLIMIT_AS: memory, unix.RLIMIT_FSIZE: file, unix.RLIMIT_CORE: 0} {
		bound := unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
		if err := unix.Prlimit(pid, resource, &bound, nil); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

// wroteTooMuch reports whether a process ended because of a file's bound: by the signal, or
// with the status by which clang's driver passes it on.
func wroteTooMuch(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signal() == unix.SIGXFSZ || status.ExitStatus() == 128+int(unix.SIGXFSZ))
}

// lowerPriority gives a process, and those of its group, what is left of the processors.
// A process that has ended needs no priority.
func lowerPriority(pid int) {
	if group, err := unix.Getpgid(pid); err == nil {
		unix.Setpriority(unix.PRIO_PGRP, group, 19)
	}
}

// processorTime returns the processor time that a process has used: its clock's number is
// made of its own as clock_getcpuclockid(3) does it. It returns 0 if the process is gone.
func processorTime(pid int, _ time.Time) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
