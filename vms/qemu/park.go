//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/template"
	"github.com/bpflab/bpflab/vms/wire"
)

// Parked is a fork that has been woken and warmed, and stands still until it is lent to
// another process of the user's.
type Parked struct {
	m   *machine
	key string
}

// lent is what the borrower of a machine should know, beside the files.
type lent struct {
	PID     int // of QEMU
	Port    bool
	Started time.Time
}

// words are how a lent machine has ended.
type words struct {
	Shutdown string // the reason QEMU gave
	Exit     string // how its process ended
	Stderr   string
}

// The files of a lent machine, in their order.
const (
	lentProcess = iota // a pidfd
	lentStream
	lentPort
	lentConsole
	lentFiles
)

// Park forks a machine, has warm do in it what machines are slow at the first time, and
// stops its processors. It has an identity of its own meanwhile, and is given another when
// it is taken. A kernel without a Keeper must have a template already: nothing
// would check what a new one is made from.
func (p *Provider) Park(ctx context.Context, want vms.Spec, warm func(context.Context, *wire.Client) error) (*Parked, error) {
	s, _, err := p.spec(ctx, want)
	if err != nil {
		return nil, err
	}
	t, err := p.parkable(ctx, s, want)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	m, err := p.copyOf(ctx, s, t, "")
	if err != nil {
		return nil, err
	}
	m.parent = &parent{port: t.About.Port}
	if err := m.park(ctx, warm); err != nil {
		m.Close()
		return nil, err
	}
	return &Parked{m, standbyKey(s)}, nil
}

// parkable returns the template of a machine.
func (p *Provider) parkable(ctx context.Context, s spec, want vms.Spec) (*template.Template, error) {
	if want.Kernel.Keeper != nil {
		return p.template(ctx, s, templateKey(s), want.Dir)
	}
	t, err := p.openTemplate(s, templateKey(s))
	if t == nil && err == nil {
		err = fmt.Errorf("no template of %s: %w", s.kernel.Release, fs.ErrNotExist)
	}
	return t, err
}

// standbyKey is that of the template, and of what forks of it differ in.
func standbyKey(s spec) string { return fmt.Sprintf("%s %t", templateKey(s), s.frugal) }

// parkLimit is how long a machine may take to be warmed.
const parkLimit = 20 * time.Second

// park wakes a fork, warms it and stops it.
func (m *machine) park(ctx context.Context, warm func(context.Context, *wire.Client) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, m.About.Limit(parkLimit), vms.ErrNoBoot)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { m.Close() })
	defer stop()
	return m.rest(ctx, wire.NewResume(), warm)
}

// rest wakes a fork, warms it and stops its processors.
func (m *machine) rest(ctx context.Context, as wire.Resume, warm func(context.Context, *wire.Client) error) error {
	client := wire.NewClient(m.Stream())
	if _, err := client.Resume(ctx, as); err != nil {
		return err
	}
	if err := warm(ctx, client); err != nil {
		return fmt.Errorf("warm the machine: %w", err)
	}
	if err := client.Park(ctx); err != nil {
		return fmt.Errorf("park the machine: %w", err)
	}
	return m.control.execute(ctx, "stop", nil, nil)
}

// Key returns what names the machine: a request with an equal one can have it.
func (k *Parked) Key() string { return k.key }

// Lend starts the machine's processors again and returns what a borrower needs. This process
// has no end of the machine's streams then, and still ends the machine.
func (k *Parked) Lend(ctx context.Context) (about any, files []*os.File, err error) {
	defer k.m.hangUp()
	pidfd, err := unix.PidfdOpen(k.m.process.Pid, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("lend a machine: %w", err)
	}
	files = append(files, os.NewFile(uintptr(pidfd), "qemu"))
	for _, conn := range []net.Conn{k.m.stream, k.m.port, k.m.unread} {
		f, err := conn.(*net.UnixConn).File()
		if err != nil {
			closeFiles(files)
			return nil, nil, err
		}
		files = append(files, f)
	}
	if err := k.m.control.execute(ctx, "cont", nil, nil); err != nil {
		closeFiles(files)
		return nil, nil, err
	}
	return lent{k.m.process.Pid, k.m.parent.port, k.m.About.Started}, files, nil
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// Memory returns the machine's part of the host's memory, where pages that several processes
// share count in parts.
func (k *Parked) Memory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", k.m.process.Pid))
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return k.m.Memory() // before Linux 4.14
	}
	return statusBytes(string(text), "Pss")
}

// Done returns a channel that is closed when the machine is gone.
func (k *Parked) Done() <-chan struct{} { return k.m.Done() }

// Words returns how the machine has ended.
func (k *Parked) Words() any {
	w := words{Shutdown: k.m.shutdown, Stderr: k.m.stderr.String()}
	if k.m.exit != nil {
		w.Exit = k.m.exit.Error()
	}
	return w
}

// Close ends the machine and returns when nothing of it is left.
func (k *Parked) Close() error { return k.m.Close() }
