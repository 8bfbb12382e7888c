//go:build linux && amd64

package forkserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// held is the process that others are copies of.
type held struct {
	tracee
	entry uint64
	text  [8]byte         // what the program has at its entry point
	regs  unix.PtraceRegs // as the loader left them there
	stack stack
	files uint64 // the descriptor that copies receive their files from
	id    threadID
}

// atEntry is the program's entry point in the auxiliary vector (AT_ENTRY in
// include/uapi/linux/auxvec.h).
const atEntry = 9

// firstFree is the least descriptor for what the program must not find below.
const firstFree = 200

// prepare stops a program that has just been executed at its entry point, and learns what
// copies need.
func (h *held) prepare() error {
	if _, err := h.wait(); err != nil {
		return err
	}
	if err := unix.PtraceSetOptions(h.pid, unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACEFORK); err != nil {
		return err
	}
	if err := h.toEntry(); err != nil {
		return err
	}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", h.pid))
	if err != nil {
		return err
	}
	if len(tasks) != 1 {
		return fmt.Errorf("it has %d threads before it begins", len(tasks))
	}
	if h.stack, err = readStack(h.tracee, h.regs.Rsp); err != nil {
		return err
	}
	if h.files, err = h.call(h, unix.SYS_FCNTL, 3, unix.F_DUPFD, firstFree); err != nil {
		return err
	}
	if err := h.closeOthers(); err != nil {
		return err
	}
	h.id, err = h.findID(h)
	return err
}

// closeOthers closes all descriptors but the standard ones and the socket: what this process
// has inherited without FD_CLOEXEC would have the numbers of a copy's files.
func (h *held) closeOthers() error {
	dir := fmt.Sprintf("/proc/%d/fd", h.pid)
	open, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range open {
		fd, err := strconv.ParseUint(e.Name(), 10, 31)
		if err != nil || fd < 3 || fd == h.files {
			continue
		}
		if _, err := h.call(h, unix.SYS_CLOSE, fd); err != nil {
			return fmt.Errorf("closing descriptor %d: %w", fd, err)
		}
	}
	return nil
}

// toEntry lets the loader do its work.
func (h *held) toEntry() (err error) {
	if h.entry, err = entryOf(h.pid); err != nil {
		return err
	}
	if _, err := unix.PtracePeekText(h.pid, uintptr(h.entry), h.text[:]); err != nil {
		return err
	}
	if _, err := unix.PtracePokeText(h.pid, uintptr(h.entry), trampoline[:]); err != nil {
		return err
	}
	if _, err := h.run(); err != nil {
		return err
	}
	if err := unix.PtraceGetRegs(h.pid, &h.regs); err != nil {
		return err
	}
	if h.regs.Rip != h.entry+callOffset {
		return fmt.Errorf("it stopped at %#x instead of its entry point %#x", h.regs.Rip, h.entry)
	}
	h.regs.Rip = h.entry
	return nil
}

// entryOf returns the entry point of a process's program.
func entryOf(pid int) (uint64, error) {
	auxv, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid))
	if err != nil {
		return 0, err
	}
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.NativeEndian.Uint64(auxv) == atEntry {
			return binary.NativeEndian.Uint64(auxv[8:]), nil
		}
	}
	return 0, errors.New("it has no entry point")
}

// scratch returns an address on the stack that is mapped and not in use: the kernel maps
// 128 KiB below what it has put there (setup_arg_pages in fs/exec.c).
func (h *held) scratch() uint64 { return h.regs.Rsp&^15 - 64<<10 }

// clone makes a copy, which is a child of this process and stopped.
func (h *held) clone() (tracee, error) {
	const flags = unix.CLONE_PARENT | unix.CLONE_CHILD_CLEARTID | uint64(unix.SIGCHLD)
	t, err := h.cloneTo(h, unix.PTRACE_EVENT_FORK, flags, 0, 0, h.id.cleared)
	if err == nil {
		err = t.setNumber(h.id)
	}
	if err != nil && t.pid != 0 {
		t.kill()
	}
	return t, err
}

// cloneTo lets a process make a new process or thread, which is stopped then; event is what
// ptrace says of it.
func (t tracee) cloneTo(h *held, event int, args ...uint64) (tracee, error) {
	if err := t.aim(h, unix.SYS_CLONE, args...); err != nil {
		return tracee{}, err
	}
	got, err := t.run()
	if err != nil {
		return tracee{}, err
	}
	if got != event {
		_, err := t.result(h)
		return tracee{}, fmt.Errorf("clone: event %d: %w", got, err)
	}
	id, err := unix.PtraceGetEventMsg(t.pid)
	if err != nil {
		return tracee{}, err
	}
	n := tracee{int(id)}
	if err := n.begin(); err != nil {
		return n, err
	}
	_, err = t.run()
	return n, err
}
