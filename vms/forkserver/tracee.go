//go:build linux && amd64

package forkserver

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// tracee is a process that is stopped, and traced by this thread.
type tracee struct{ pid int }

// trampoline is what the entry point holds while a process is traced: a breakpoint, at
// which it stops first, and a system call with another breakpoint behind.
var trampoline = [8]byte{0xcc, 0x0f, 0x05, 0xcc}

// Offsets in the trampoline.
const (
	callOffset  = 1
	afterOffset = 4 // where the program counter stands after the second breakpoint
)

// status waits until the process stops or ends.
func (t tracee) status() (status unix.WaitStatus, err error) {
	for {
		if _, err = unix.Wait4(t.pid, &status, unix.WALL, nil); err != unix.EINTR {
			return status, err
		}
	}
}

// wait waits until the process stops, and returns the event of ptrace, 0 for a breakpoint.
func (t tracee) wait() (event int, err error) {
	status, err := t.status()
	if err != nil {
		return 0, err
	}
	switch {
	case !status.Stopped():
		return 0, fmt.Errorf("it has ended (%#x)", uint32(status))
	case status.StopSignal() != unix.SIGTRAP:
		return 0, fmt.Errorf("it got signal %v", status.StopSignal())
	}
	return status.TrapCause(), nil
}

// run lets the process run to where it stops next.
func (t tracee) run() (event int, err error) {
	if err := unix.PtraceCont(t.pid, 0); err != nil {
		return 0, err
	}
	return t.wait()
}

// aim makes the process ready for a system call at the entry point.
func (t tracee) aim(h *held, number uintptr, args ...uint64) error {
	r := h.regs
	for i, to := range []*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9} {
		if *to = 0; i < len(args) {
			*to = args[i]
		}
	}
	r.Rax, r.Orig_rax, r.Rip = uint64(number), ^uint64(0), h.entry+callOffset
	return unix.PtraceSetRegs(t.pid, &r)
}

// call lets the process make a system call, and returns its result.
func (t tracee) call(h *held, number uintptr, args ...uint64) (uint64, error) {
	if err := t.aim(h, number, args...); err != nil {
		return 0, err
	}
	if _, err := t.run(); err != nil {
		return 0, err
	}
	return t.result(h)
}

// result returns what the system call has returned that the process has just made.
func (t tracee) result(h *held) (uint64, error) {
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(t.pid, &r); err != nil {
		return 0, err
	}
	if r.Rip != h.entry+afterOffset {
		return 0, fmt.Errorf("it stopped at %#x instead of %#x", r.Rip, h.entry+afterOffset)
	}
	if n := int64(r.Rax); n < 0 && n > -4096 {
		return 0, syscall.Errno(-n)
	}
	return r.Rax, nil
}

// kill ends the process and waits for its end.
func (t tracee) kill() {
	unix.Kill(t.pid, unix.SIGKILL)
	t.awaitEnd()
}

// awaitEnd waits for the end of what was killed.
func (t tracee) awaitEnd() {
	for {
		if status, err := t.status(); err != nil || !status.Stopped() {
			return
		}
	}
}

// write writes to the process's memory.
func (t tracee) write(at uint64, data []byte) error {
	local := []unix.Iovec{{Base: &data[0], Len: uint64(len(data))}}
	n, err := unix.ProcessVMWritev(t.pid, local, []unix.RemoteIovec{{Base: uintptr(at), Len: len(data)}}, 0)
	if err == nil && n != len(data) {
		err = fmt.Errorf("%d of %d bytes written at %#x", n, len(data), at)
	}
	return err
}

// read reads up to len(data) bytes of the process's memory.
func (t tracee) read(at uint64, data []byte) (int, error) {
	local := []unix.Iovec{{Base: &data[0], Len: uint64(len(data))}}
	return unix.ProcessVMReadv(t.pid, local, []unix.RemoteIovec{{Base: uintptr(at), Len: len(data)}}, 0)
}
