//go:build linux && amd64

package forkserver

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// seizeAll stops all threads of a process, the first one first. What it returns is stopped
// also where there is an error.
func seizeAll(pid int) (all []tracee, err error) {
	for {
		tids, err := threadsOf(pid)
		if err != nil {
			return all, err
		}
		before := len(all)
		for _, t := range tids {
			if slices.Contains(all, t) {
				continue
			}
			if err := t.seize(); err != nil {
				return all, err
			}
			all = append(all, t)
		}
		if len(all) == before { // a thread that runs might have started another one
			return all, nil
		}
	}
}

// threadsOf returns the threads of a process by their numbers, the process's own first.
func threadsOf(pid int) (all []tracee, err error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, err
	}
	all = []tracee{{pid}}
	for _, e := range entries {
		tid, err := strconv.Atoi(e.Name())
		if err != nil {
			return nil, err
		}
		if tid != pid {
			all = append(all, tracee{tid})
		}
	}
	return all, nil
}

// seize stops a thread wherever it is.
func (t tracee) seize() error {
	if err := unix.PtraceSeize(t.pid); err != nil {
		return err
	}
	err := unix.PtraceInterrupt(t.pid)
	if err == nil {
		err = t.begin()
	}
	if err == nil {
		err = unix.PtraceSetOptions(t.pid, unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACEFORK|unix.PTRACE_O_TRACECLONE)
	}
	if err != nil {
		unix.PtraceDetach(t.pid)
	}
	return err
}

// waits are the system calls in which a thread has nothing to do. The last one is how the kernel
// goes on with one that has a limit in time, after it was interrupted.
var waits = []uint64{unix.SYS_FUTEX, unix.SYS_POLL, unix.SYS_PPOLL, unix.SYS_SELECT, unix.SYS_PSELECT6, unix.SYS_EPOLL_WAIT, unix.SYS_EPOLL_PWAIT,
	unix.SYS_RT_SIGTIMEDWAIT, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_RESTART_SYSCALL}

// waiting returns the registers of threads, as copies of them should have them. The error is
// ErrBusy if one of them does not wait.
func waiting(threads []tracee) (all []registers, err error) {
	for _, t := range threads {
		r, err := t.registers()
		if err != nil {
			return nil, err
		}
		if err := waitAgain(&r.general); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// What a system call that was interrupted returns to the kernel's own exit to user space, which
// makes the call again (include/linux/errno.h). The kernel does not do that for a copy.
const (
	restartSys       = 512
	restartNoIntr    = 513
	restartNoHandler = 514
	restartBlock     = 516 // with the rest of its time, which a copy knows nothing of
)

// syscallSize is the length of the instruction.
const syscallSize = 2

// waitAgain makes registers of a thread in a system call make that call again, or return from
// it as after a signal.
func waitAgain(r *unix.PtraceRegs) error {
	if !slices.Contains(waits, r.Orig_rax) {
		return fmt.Errorf("%w: system call %d", ErrBusy, int64(r.Orig_rax))
	}
	switch -int64(r.Rax) {
	case restartSys, restartNoIntr, restartNoHandler:
		r.Rax = r.Orig_rax
		r.Rip -= syscallSize
	case restartBlock, int64(syscall.EINTR):
		interrupted := -int64(syscall.EINTR)
		r.Rax = uint64(interrupted)
	default:
		return fmt.Errorf("%w: system call %d has returned", ErrBusy, r.Orig_rax)
	}
	r.Orig_rax = ^uint64(0)
	return nil
}

// cloneThread makes a thread in a copy that goes on where the zygote's was stopped.
func (t tracee) cloneThread(h *held, o thread) (tracee, error) {
	const flags = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD | unix.CLONE_SYSVSEM |
		unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID
	n, err := t.cloneTo(h, unix.PTRACE_EVENT_CLONE, flags, o.general.Rsp, o.id.number, o.id.cleared, o.general.Fs_base)
	if err != nil {
		return n, err
	}
	return n, n.setRegisters(o.registers)
}
