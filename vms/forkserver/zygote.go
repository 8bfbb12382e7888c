//go:build linux && amd64

package forkserver

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// Zygote is a process that was stopped in the middle of its life, with all of its threads, and
// runs no more: others begin where it was stopped. Its methods are safe for concurrent use.
type Zygote struct {
	server *Server
	files  *os.File // what is sent there is received by copies at via
	via    uint64

	// Of the tracer's thread alone.
	held   held // its first thread
	first  registers
	others []thread
	events []eventFile
}

// thread is one of a zygote's threads but the first.
type thread struct {
	registers
	id threadID
}

// ErrBusy is the error of a process that cannot become a zygote now, because one of its threads
// does more than wait. It goes on as before.
var ErrBusy = errors.New("a thread of it is at work")

// Freeze makes a zygote of the process, whose threads must all wait for something. One end of a
// Unix socket is the process's descriptor via, which copies receive their files from, and the
// other one is files, which the zygote closes. The error is ErrBusy if it may be tried again.
// After any other error the process has ended, as where it has a descriptor that copies cannot
// have: of a virtual machine in KVM, or of io_uring(7).
func (p *Process) Freeze(via int, files *os.File) (*Zygote, error) {
	z := &Zygote{server: p.server, files: files, via: uint64(via)}
	if err := p.server.do(func() error { return z.freeze(p.Pid) }); err != nil {
		return nil, fmt.Errorf("stopping process %d: %w", p.Pid, err)
	}
	return z, nil
}

// freeze stops the threads, and lets them go where one is at work.
func (z *Zygote) freeze(pid int) error {
	threads, err := seizeAll(pid)
	var all []registers
	if err == nil {
		all, err = waiting(threads)
	}
	if err != nil {
		for _, t := range threads {
			unix.PtraceDetach(t.pid) // one that has ended cannot be
		}
		return err
	}
	if err = z.learn(threads, all); err != nil {
		unix.Kill(pid, unix.SIGKILL)
	}
	go bury(threads[1:])
	return err
}

// learn finds out what copies need. Threads make system calls for that, and cannot go on
// where they were.
func (z *Zygote) learn(threads []tracee, all []registers) (err error) {
	z.first = all[0]
	z.held = held{tracee: threads[0], regs: all[0].general}
	if z.held.entry, err = entryOf(z.held.pid); err != nil {
		return err
	}
	if z.events, err = eventFiles(z.held.pid); err != nil {
		return err
	}
	if _, err := unix.PtracePokeText(z.held.pid, uintptr(z.held.entry), trampoline[:]); err != nil {
		return err
	}
	for i, t := range threads {
		h := held{tracee: t, entry: z.held.entry, regs: all[i].general}
		id, err := h.findID(&h)
		switch {
		case err != nil:
			return err
		case id.number == 0:
			return errors.New("where its C library keeps the number of a thread cannot be told")
		case i == 0:
			z.held.id = id
		default:
			z.others = append(z.others, thread{all[i], id})
		}
	}
	return z.held.shareMemory()
}

// Copy starts a process that goes on where the zygote was stopped, with other files in the
// place of some descriptors. It has a process group of its own, and dies with this process.
func (z *Zygote) Copy(replaced map[int]*os.File) (*Process, error) {
	return z.server.process(func() (int, error) {
		t, err := z.held.clone()
		if err != nil {
			return 0, err
		}
		if err := z.become(t, replaced); err != nil {
			t.kill()
			return 0, err
		}
		return t.pid, nil
	})
}

// become makes a copy of the first thread a whole process, and lets it go.
func (z *Zygote) become(t tracee, replaced map[int]*os.File) error {
	if err := z.replace(t, replaced); err != nil {
		return fmt.Errorf("its files: %w", err)
	}
	if err := t.standAlone(&z.held); err != nil {
		return err
	}
	all := []tracee{}
	for _, o := range z.others {
		n, err := t.cloneThread(&z.held, o)
		if err != nil {
			return fmt.Errorf("its threads: %w", err)
		}
		all = append(all, n)
	}
	if err := t.setRegisters(z.first); err != nil {
		return err
	}
	for _, n := range append(all, t) {
		if err := unix.PtraceDetach(n.pid); err != nil {
			return err
		}
	}
	return nil
}

// replace gives a copy its own files, and event counters where it would share the zygote's.
func (z *Zygote) replace(t tracee, replaced map[int]*os.File) error {
	at := slices.Sorted(maps.Keys(replaced))
	var fds []int
	for _, to := range at {
		fds = append(fds, int(replaced[to].Fd()))
	}
	err := unix.Sendmsg(int(z.files.Fd()), []byte{0}, unix.UnixRights(fds...), nil, 0)
	runtime.KeepAlive(replaced)
	if err != nil {
		return err
	}
	got, err := t.receive(&z.held, z.via, len(fds))
	if err != nil {
		return err
	}
	for i, from := range got {
		if err := t.move(&z.held, from, uint64(at[i]), 0); err != nil {
			return err
		}
	}
	for _, e := range z.events {
		from, err := t.call(&z.held, unix.SYS_EVENTFD2, e.count, e.flags)
		if err != nil {
			return err
		}
		if err := t.move(&z.held, from, e.fd, e.flags&unix.O_CLOEXEC); err != nil {
			return err
		}
	}
	return nil
}

// move gives a descriptor another number.
func (t tracee) move(h *held, from, to, flags uint64) error {
	if _, err := t.call(h, unix.SYS_DUP3, from, to, flags); err != nil {
		return err
	}
	_, err := t.call(h, unix.SYS_CLOSE, from)
	return err
}

// Close ends the zygote. Its copies go on.
func (z *Zygote) Close() {
	z.server.do(func() error {
		unix.Kill(z.held.pid, unix.SIGKILL)
		return z.files.Close()
	})
}

// bury waits for the end of threads but the first, however it comes: somebody else waits for the
// process, which is not over before its tracer has heard of them.
func bury(threads []tracee) {
	for _, t := range threads {
		t.awaitEnd()
	}
}
