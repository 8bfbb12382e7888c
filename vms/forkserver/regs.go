//go:build linux && amd64

package forkserver

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of include/uapi/linux/ptrace.h and include/uapi/linux/elf.h.
const (
	getRegSet  = 0x4204
	setRegSet  = 0x4205
	getSigMask = 0x420a
	setSigMask = 0x420b
	xstate     = 0x202 // NT_X86_XSTATE
)

// mostXState is room for the state of all vector units that a processor may have.
const mostXState = 32 << 10

// registers are all that a thread has of a processor, and its mask of signals.
type registers struct {
	general unix.PtraceRegs
	vector  []byte
	blocked uint64
}

func (t tracee) registers() (r registers, err error) {
	if err := unix.PtraceGetRegs(t.pid, &r.general); err != nil {
		return r, err
	}
	r.vector = make([]byte, mostXState)
	v := unix.Iovec{Base: &r.vector[0], Len: mostXState}
	if err := t.ptrace(getRegSet, xstate, unsafe.Pointer(&v)); err != nil {
		return r, err
	}
	r.vector = r.vector[:v.Len]
	return r, t.ptrace(getSigMask, unsafe.Sizeof(r.blocked), unsafe.Pointer(&r.blocked))
}

func (t tracee) setRegisters(r registers) error {
	if err := unix.PtraceSetRegs(t.pid, &r.general); err != nil {
		return err
	}
	v := unix.Iovec{Base: &r.vector[0], Len: uint64(len(r.vector))}
	if err := t.ptrace(setRegSet, xstate, unsafe.Pointer(&v)); err != nil {
		return err
	}
	return t.ptrace(setSigMask, unsafe.Sizeof(r.blocked), unsafe.Pointer(&r.blocked))
}

func (t tracee) ptrace(request int, address uintptr, data unsafe.Pointer) error {
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(t.pid), address, uintptr(data), 0, 0); errno != 0 {
		return errno
	}
	return nil
}
