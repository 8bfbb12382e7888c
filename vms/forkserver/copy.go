//go:build linux && amd64

package forkserver

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// begin waits for the stop that a new copy begins with.
func (t tracee) begin() error {
	status, err := t.status()
	if err != nil {
		return err
	}
	if !status.Stopped() || status.StopSignal() != unix.SIGSTOP {
		return fmt.Errorf("a copy began with %#x", uint32(status))
	}
	return nil
}

// become makes a copy a process of its own, with so many files, the last of which is its
// standard error, and lets it go.
func (t tracee) become(h *held, s newStack, files int) error {
	if err := t.receive(h, files); err != nil {
		return fmt.Errorf("its files: %w", err)
	}
	last := uint64(3 + files - 1)
	for _, c := range []struct {
		number uintptr
		args   []uint64
	}{
		{unix.SYS_DUP2, []uint64{last, 2}},
		{unix.SYS_CLOSE, []uint64{last}},
		{unix.SYS_CLOSE, []uint64{h.files}},
		{unix.SYS_SETPGID, nil},
		{unix.SYS_PRCTL, []uint64{unix.PR_SET_PDEATHSIG, uint64(unix.SIGKILL)}},
	} {
		if _, err := t.call(h, c.number, c.args...); err != nil {
			return fmt.Errorf("system call %d: %w", c.number, err)
		}
	}
	return t.release(h, s)
}

// release gives a copy its arguments and lets it begin.
func (t tracee) release(h *held, s newStack) error {
	if err := t.write(s.stringsAt, s.strings); err != nil {
		return err
	}
	if err := t.write(s.at, s.block); err != nil {
		return err
	}
	if _, err := unix.PtracePokeText(t.pid, uintptr(h.entry), h.text[:]); err != nil {
		return err
	}
	regs := h.regs
	regs.Rsp, regs.Orig_rax = s.at, ^uint64(0)
	if err := unix.PtraceSetRegs(t.pid, &regs); err != nil {
		return err
	}
	return unix.PtraceDetach(t.pid)
}

// receive lets a copy receive files, which become its descriptors from 3 on (recvmsg(2),
// unix(7)).
func (t tracee) receive(h *held, files int) error {
	const header, vector, data, control = 0, 64, 80, 96
	at := h.scratch()
	room := make([]byte, control+unix.CmsgSpace(4*files))
	put := func(offset int, value uint64) { binary.NativeEndian.PutUint64(room[offset:], value) }
	put(header+16, at+vector)
	put(header+24, 1)
	put(header+32, at+control)
	put(header+40, uint64(len(room)-control))
	put(vector, at+data)
	put(vector+8, 1)
	if err := t.write(at, room); err != nil {
		return err
	}
	if _, err := t.call(h, unix.SYS_RECVMSG, h.files, at, 0); err != nil {
		return err
	}
	if n, err := t.read(at, room); err != nil || n != len(room) {
		return fmt.Errorf("%d bytes read back: %w", n, err)
	}
	for i := range files {
		if got := int(binary.NativeEndian.Uint32(room[control+unix.CmsgLen(0)+4*i:])); got != 3+i {
			return fmt.Errorf("file %d became descriptor %d", i, got)
		}
	}
	return nil
}
