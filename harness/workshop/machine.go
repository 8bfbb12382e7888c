package workshop

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// machine is a desk's, or one that a comparison has for a moment.
type machine struct {
	session *session.Session
	image   kernel.Image
	end     func()               // ends the session and the machine
	alive   context.Context      // ends with the session
	load    atomic.Uint64        // of a processor, lately: math.Float64bits of a share
	spec    *ebpf.CollectionSpec // of what the last check has loaded; guarded by the desk's lock
	loaded  chan struct{}        // closed when a check has loaded; guarded likewise
}

// HomeDir is where a student's files are in the machine.
const HomeDir = "/root/lab"

// start starts a machine for the lesson on a kernel.
func (w *Workshop) start(ctx context.Context, student string, l *Lesson, name string) (*machine, error) {
	image, err := w.Kernels.Image(ctx, name)
	if err != nil {
		return nil, err
	}
	if !l.Kernels.Contains(image.Version) && !image.Version.IsZero() {
		return nil, fmt.Errorf("this lab is for kernels %s, and %s is none of them", l.Kernels, name)
	}
	if limit := w.Limits.Memory; limit > 0 && int64(l.Memory) > limit {
		return nil, fmt.Errorf("this lab needs a machine with %d MiB, and this workshop gives %d", int64(l.Memory)>>20, limit>>20)
	}
	dir, err := w.machineDir(student, l.Name)
	if err != nil {
		return nil, err
	}
	alive, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it outlives who asked for it
	starting := context.AfterFunc(ctx, cancel)
	s, end, err := session.Start(alive, w.Provider, vms.Spec{Kernel: image, Agent: w.Agent, Memory: int64(l.Memory), CPUs: l.CPUs, Modules: l.Modules, LSM: l.LSM, Dir: dir, Frugal: w.Frugal})
	if starting(); err != nil {
		cancel()
		return nil, err
	}
	m := &machine{session: s, image: image, end: func() { cancel(); end() }, alive: alive}
	go func() { <-s.Done(); cancel() }()
	w.govern(m)
	return m, nil
}

// why is what ended a machine, for people.
func (m *machine) why() string {
	err := m.session.Why()
	var crash *vms.Crash
	switch {
	case errors.As(err, &crash) && errors.Is(err, vms.ErrPanic):
		return "its kernel panicked: " + firstLine(crash.Splat)
	case errors.As(err, &crash):
		return "it was powered off, or rebooted"
	case errors.Is(err, session.ErrHang):
		return "it hangs, and was ended"
	case err != nil:
		return err.Error()
	}
	return ""
}

func (m *machine) setLoad(share float64) { m.load.Store(math.Float64bits(share)) }

// version is the kernel's.
func (m *machine) version() kernel.Version {
	if !m.image.Version.IsZero() {
		return m.image.Version
	}
	v, _ := kernel.ParseVersion(m.session.Ready.Release)
	return v
}

// setUp makes a machine one to work in: the kernel counts how often programs run.
func (m *machine) setUp(ctx context.Context) {
	args := wire.Exec{Argv: []string{"sh", "-c", "echo 1 >/proc/sys/kernel/bpf_stats_enabled"}}
	m.session.Call(ctx, wire.OpExec, args, nil, wire.IO{}) // kernels before 5.1 do not count
}

// putFiles stores the C file and its object where the student's shell begins.
func (m *machine) putFiles(ctx context.Context, name string, code, object []byte) error {
	if name == "" {
		return nil
	}
	files := &bundle.Files{}
	files.AddContent(path.Join(HomeDir, name), code)
	if object != nil {
		files.AddContent(path.Join(HomeDir, strings.TrimSuffix(name, ".c")+".o"), object)
	}
	return command.Send(ctx, m.session, "", files)
}

func (d *Desk) hasMachine() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.machine != nil
}

// current is the desk's machine, nil without one.
func (d *Desk) current() *machine {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.machine
}

// ready is the desk's machine; one is started if there is none. The caller has the
// turn.
func (d *Desk) ready(ctx context.Context) (*machine, error) {
	if m := d.current(); m != nil && m.alive.Err() == nil {
		return m, nil
	}
	if d.student.timeUp(time.Now()) {
		return nil, ErrTimeUp
	}
	d.student.makeRoom(d)
	d.setBusy(BusyStarting)
	defer d.setBusy("")
	m, err := d.shop.start(ctx, d.student.ID, d.Lesson, d.shop.Kernels.Names()[0])
	if err != nil {
		return nil, err
	}
	m.setUp(ctx)
	if err := m.putFiles(ctx, d.files.code, []byte(d.Code().Text), nil); err != nil {
		m.end()
		return nil, err
	}
	return m, d.occupy(m)
}

// Warm has the machine there before anybody asks for it. What is wrong with it shows
// when somebody does.
func (d *Desk) Warm(ctx context.Context) {
	ctx, done, err := d.turn.wait(ctx)
	if err != nil {
		return
	}
	defer done()
	d.ready(ctx)
}

// occupy makes a machine the desk's.
func (d *Desk) occupy(m *machine) error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		m.end()
		return errClosed
	}
	d.machine, d.gone = m, ""
	d.hub.send(Event{State: true})
	d.mu.Unlock()
	d.live.follow(m)
	go d.watchMachine(m)
	return nil
}

// watchMachine tells when a machine died.
func (d *Desk) watchMachine(m *machine) {
	<-m.session.Done()
	d.mu.Lock()
	if d.machine != m {
		d.mu.Unlock()
		return
	}
	d.machine, d.gone = nil, m.why()
	d.hub.send(Event{State: true})
	d.mu.Unlock()
	m.end()
}

// endMachine ends the desk's machine, if it has one, and says why.
func (d *Desk) endMachine(why string) {
	d.mu.Lock()
	m := d.machine
	d.machine = nil
	if m != nil {
		d.gone = why
		d.hub.send(Event{State: true})
	}
	d.mu.Unlock()
	if m != nil {
		m.end()
	}
}

// Reset gives the desk a new machine, and with code the starter again. What was
// reached stays. The error is the machine's or the disk's.
func (d *Desk) Reset(ctx context.Context, code bool) error {
	d.touch()
	ctx, done, err := d.turn.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	if code && d.files.code != "" {
		if err := d.restore(); err != nil {
			return err
		}
	}
	d.endMachine("it was reset")
	_, err = d.ready(ctx)
	return err
}

// restore brings the starter back; what was written stays beside it, as FILE.old.
func (d *Desk) restore() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := writeFile(d.files.codePath()+".old", d.code); err != nil {
		return err
	}
	if err := writeFile(d.files.codePath(), d.Lesson.Starter); err != nil {
		return err
	}
	return d.changed(d.Lesson.Starter)
}
