//go:build linux && amd64

package forkserver

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// begin waits for the stop that a new copy begins with, or a thread that was interrupted: that
// of SIGSTOP where its tracer has started the program, else one of its own.
func (t tracee) begin() error {
	status, err := t.status()
	if err != nil {
		return err
	}
	if !status.Stopped() || status.StopSignal() != unix.SIGSTOP && uint32(status)>>16 != unix.PTRACE_EVENT_STOP {
		return fmt.Errorf("it stopped with %#x", uint32(status))
	}
	return nil
}

// become makes a copy a process of its own, with so many files, the last of which is its
// standard error, and lets it go.
func (t tracee) become(h *held, s newStack, files int) error {
	got, err := t.receive(h, h.files, files)
	if err != nil {
		return fmt.Errorf("its files: %w", err)
	}
	for i, fd := range got {
		if fd != uint64(3+i) {
			return fmt.Errorf("file %d became descriptor %d", i, fd)
		}
	}
	if err := t.move(h, got[files-1], 2, 0); err != nil {
		return fmt.Errorf("its standard error: %w", err)
	}
	if _, err := t.call(h, unix.SYS_CLOSE, h.files); err != nil {
		return err
	}
	if err := t.standAlone(h); err != nil {
		return err
	}
	return t.release(h, s)
}

// standAlone gives a copy a process group of its own, and has it end with its parent.
func (t tracee) standAlone(h *held) error {
	if _, err := t.call(h, unix.SYS_SETPGID); err != nil {
		return fmt.Errorf("its process group: %w", err)
	}
	if _, err := t.call(h, unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uint64(unix.SIGKILL)); err != nil {
		return fmt.Errorf("its parent's end: %w", err)
	}
	return nil
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

// receive lets a copy receive so many files from a socket, and returns their descriptors
// (recvmsg(2), unix(7)).
func (t tracee) receive(h *held, socket uint64, files int) (fds []uint64, err error) {
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
		return nil, err
	}
	if _, err := t.call(h, unix.SYS_RECVMSG, socket, at, 0); err != nil {
		return nil, err
	}
	if n, err := t.read(at, room); err != nil || n != len(room) {
		return nil, fmt.Errorf("%d bytes read back: %w", n, err)
	}
	if length := binary.NativeEndian.Uint64(room[control:]); length != uint64(unix.CmsgLen(4*files)) {
		return nil, fmt.Errorf("%d bytes came instead of %d files", length, files)
	}
	for i := range files {
		fds = append(fds, uint64(binary.NativeEndian.Uint32(room[control+unix.CmsgLen(0)+4*i:])))
	}
	return fds, nil
}
