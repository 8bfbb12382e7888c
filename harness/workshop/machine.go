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

// machine is a running machine of a workspace or of a comparison.
type machine struct {
	session *session.Session
	image   kernel.Image
	end     func()               // ends the session and the machine
	alive   context.Context      // ends with the session
	load    atomic.Uint64        // recent share of a processor, as math.Float64bits
	spec    *ebpf.CollectionSpec // the object that the last check loaded; guarded by the workspace's mu
	loaded  chan struct{}        // closed when a check has loaded an object; guarded likewise
	notes   []string             // what the next report says of the machine's start
}

// HomeDir is the directory of the student's files in the machine.
const HomeDir = "/root/lab"

// start starts a machine for the lesson on a kernel.
func (w *Workshop) start(ctx context.Context, student string, l *Lesson, name string) (*machine, error) {
	image, err := w.Kernels.Image(ctx, name)
	if err != nil {
		return nil, err
	}
	if arch := image.Arch.OrDefault(); arch != kernel.HostArch() {
		return nil, fmt.Errorf("a workshop has machines of this host's architecture, and %s is of %s", name, arch)
	}
	if !l.Kernels.Contains(image.Version) && !image.Version.IsZero() {
		return nil, fmt.Errorf("this lab is for kernels %s, and %s is not one of them", l.Kernels, name)
	}
	if limit := w.Limits.Memory; limit > 0 && int64(l.Memory) > limit {
		return nil, fmt.Errorf("this lab needs a machine with %d MiB, and this workshop allows %d MiB", int64(l.Memory)>>20, limit>>20)
	}
	dir, err := w.machineDir(student, l.Name)
	if err != nil {
		return nil, err
	}
	alive, cancel := context.WithCancel(context.WithoutCancel(ctx)) // the machine outlives the request
	starting := context.AfterFunc(ctx, cancel)
	s, notes, end, err := session.Start(alive, w.Provider, vms.Spec{Kernel: image, Agent: w.Agent, Memory: int64(l.Memory), CPUs: l.CPUs, Modules: l.Modules, LSM: l.LSM, Dir: dir, Frugal: w.Frugal})
	if starting(); err != nil {
		cancel()
		return nil, err
	}
	m := &machine{session: s, image: image, end: func() { cancel(); end() }, alive: alive, notes: startNotes(image, notes)}
	go func() { <-s.Done(); cancel() }()
	w.throttle(m)
	return m, nil
}

// start starts a machine for the workspace on a kernel, once it is its turn.
func (ws *Workspace) start(ctx context.Context, kernel string) (*machine, error) {
	if err := ws.workshop.starts.acquire(ctx, ws.setWaiting); err != nil {
		return nil, err
	}
	defer ws.workshop.starts.release()
	ws.setBusy(BusyStarting)
	return ws.workshop.start(ctx, ws.student.ID, ws.Lesson, kernel)
}

// startNotes returns what the student should know of a machine's start, such as a damaged
// kernel or template in the cache that was made again.
func startNotes(image kernel.Image, notes []string) []string {
	if image.Warning != "" {
		notes = append(notes, image.Warning)
	}
	return notes
}

// takeNotes returns the machine's notes, once.
func (m *machine) takeNotes() []string {
	notes := m.notes
	m.notes = nil
	return notes
}

// why returns what ended a machine, in words for people.
func (m *machine) why() string {
	err := m.session.Why()
	var crash *vms.Crash
	switch {
	case errors.As(err, &crash) && errors.Is(err, vms.ErrPanic):
		return "its kernel panicked: " + firstLine(crash.Splat)
	case errors.As(err, &crash):
		return "it was powered off or rebooted"
	case errors.Is(err, session.ErrHang):
		return "it did not answer any more and was ended"
	case err != nil:
		return err.Error()
	}
	return ""
}

func (m *machine) setLoad(share float64) { m.load.Store(math.Float64bits(share)) }

// version returns the version of the machine's kernel.
func (m *machine) version() kernel.Version {
	if !m.image.Version.IsZero() {
		return m.image.Version
	}
	v, _ := kernel.ParseVersion(m.session.Ready.Release)
	return v
}

// setUp makes the directory where the student's shell starts, which a lab without a C file
// needs too, and has the kernel count how often programs run.
func (m *machine) setUp(ctx context.Context) {
	args := wire.Exec{Argv: []string{"sh", "-c", "mkdir -p " + HomeDir + "; echo 1 >/proc/sys/kernel/bpf_stats_enabled"}}
	m.session.Call(ctx, wire.OpExec, args, nil, wire.IO{}) // kernels before 5.1 do not count
}

// putFiles stores the C file, its object and headers in the directory where the student's
// shell starts.
func (m *machine) putFiles(ctx context.Context, name string, code, object []byte, headers ...Header) error {
	if name == "" {
		return nil
	}
	files := &bundle.Files{}
	files.AddContent(path.Join(HomeDir, name), code)
	for _, h := range headers {
		files.AddContent(path.Join(HomeDir, h.Name), []byte(h.Text))
	}
	if object != nil {
		files.AddContent(path.Join(HomeDir, strings.TrimSuffix(name, ".c")+".o"), object)
	}
	return command.Send(ctx, m.session, "", files)
}

func (ws *Workspace) hasMachine() bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.machine != nil
}

// current returns the workspace's machine, or nil.
func (ws *Workspace) current() *machine {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.machine
}

// ready returns the workspace's machine and starts one if there is none. The caller
// holds the workspace's lock.
func (ws *Workspace) ready(ctx context.Context) (*machine, error) {
	if m := ws.current(); m != nil && m.alive.Err() == nil {
		return m, nil
	}
	if ws.student.timeUp(time.Now()) {
		return nil, ErrTimeUp
	}
	ws.student.makeRoom(ws)
	defer ws.setBusy("")
	m, err := ws.start(ctx, ws.workshop.Kernels.Names()[0])
	if err != nil {
		return nil, err
	}
	m.setUp(ctx)
	if err := m.putFiles(ctx, ws.files.code, []byte(ws.Code().Text), nil, ws.Lesson.Headers()...); err != nil {
		m.end()
		return nil, err
	}
	return m, ws.adopt(m)
}

// Warm starts the workspace's machine ahead of its first use. An error shows at that
// use.
func (ws *Workspace) Warm(ctx context.Context) {
	ctx, done, err := ws.lock.acquire(ctx)
	if err != nil {
		return
	}
	defer done()
	ws.ready(ctx)
}

// adopt makes a machine the workspace's.
func (ws *Workspace) adopt(m *machine) error {
	ws.mu.Lock()
	if ws.closed {
		ws.mu.Unlock()
		m.end()
		return errClosed
	}
	ws.machine, ws.before, ws.gone = m, ws.gone, ""
	ws.broker.send(Event{State: true})
	ws.mu.Unlock()
	ws.monitor.setMachine(m)
	go ws.watchMachine(m)
	return nil
}

// watchMachine waits until a machine has died and notes why.
func (ws *Workspace) watchMachine(m *machine) {
	<-m.session.Done()
	ws.mu.Lock()
	if ws.machine != m {
		ws.mu.Unlock()
		return
	}
	ws.machine, ws.gone = nil, m.why()
	ws.broker.send(Event{State: true})
	ws.mu.Unlock()
	m.end()
}

// endMachine ends the workspace's machine, if it has one, and notes why.
func (ws *Workspace) endMachine(why string) {
	ws.mu.Lock()
	m := ws.machine
	ws.machine = nil
	if m != nil {
		ws.gone = why
		ws.broker.send(Event{State: true})
	}
	ws.mu.Unlock()
	if m != nil {
		m.end()
	}
}

// Reset replaces the workspace's machine and, with code, the C file by the starter.
// Progress stays. It returns an error of the machine or of the disk.
func (ws *Workspace) Reset(ctx context.Context, code bool) error {
	ws.touch()
	ctx, done, err := ws.lock.preempt(ctx)
	if err != nil {
		return err
	}
	defer done()
	if code && ws.files.code != "" {
		if err := ws.restore(); err != nil {
			return err
		}
	}
	ws.endMachine("it was reset")
	_, err = ws.ready(ctx)
	return err
}

// restore writes the starter to the C file. What the student had written stays beside
// it, as FILE.old.
func (ws *Workspace) restore() error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if err := writeFile(ws.files.codePath()+".old", ws.code); err != nil {
		return err
	}
	if err := writeFile(ws.files.codePath(), ws.Lesson.Starter); err != nil {
		return err
	}
	ws.setCode(ws.Lesson.Starter)
	return nil
}
