package vmstest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// Fake is a provider without machines, for tests of what uses machines: each guest is
// a goroutine that serves the wire protocol, and answers commands as Exec does. The
// zero value starts machines in which every command succeeds.
type Fake struct {
	OnStart func(n int) error // what Start of the nth machine returns, from 1; nil: nothing
	Exec    func(ctx context.Context, n int, argv []string) (wire.ExecResult, error)
	// Answers returns what the nth machine's guest does besides commands, by operation;
	// what it appends to the file console, the kernel has printed. nil: nothing.
	Answers func(n int, console string) map[string]wire.Handler
	Holds   func(n int, age time.Duration) int64 // memory of the nth machine; nil: it cannot be measured
	Notes   []string                             // of every machine
	Has     vms.Caps                             // what Caps returns

	Forks, DeadForks bool // machines are forked where they may be; forks never answer

	Unmet     []string // settings of variants that no kernel can have
	NoVariant bool     // kernels are booted as usual, whatever is asked for

	Started, Running, Most, Rejected atomic.Int32

	mu    sync.Mutex
	live  map[*fakeMachine]bool
	specs []vms.Spec
}

// Specs returns what was asked for, in order.
func (p *Fake) Specs() []vms.Spec {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.specs)
}

// Held returns the memory of all machines, in bytes.
func (p *Fake) Held() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sum int64
	for m := range p.live {
		sum += m.Memory()
	}
	return sum
}

func (p *Fake) Name() string                           { return "fake" }
func (p *Fake) Caps(context.Context) (vms.Caps, error) { return p.Has, nil }

func (p *Fake) Start(ctx context.Context, spec vms.Spec) (vms.Machine, error) {
	n := int(p.Started.Add(1))
	p.mu.Lock()
	p.specs = append(p.specs, spec)
	p.mu.Unlock()
	if p.OnStart != nil {
		if err := p.OnStart(n); err != nil {
			return nil, &vms.StartError{Provider: "fake", Err: err}
		}
	}
	if now := p.Running.Add(1); now > p.Most.Load() {
		p.Most.Store(now)
	}
	host, guest := net.Pipe()
	m := &fakeMachine{provider: p, n: n, stream: host}
	about := vms.Info{Console: "/does/not/exist", StartKind: "boot", Where: fmt.Sprint("member", n), Started: time.Now(), Notes: p.Notes}
	answers := map[string]wire.Handler{}
	if p.Answers != nil {
		about.Console = filepath.Join(spec.Dir, "console.log")
		answers = p.Answers(n, about.Console)
	}
	if p.Forks && !spec.Cold {
		about.StartKind = "fork"
	}
	m.Base = vms.NewBase(about, func() { m.die(nil) })
	p.mu.Lock()
	if p.live == nil {
		p.live = map[*fakeMachine]bool{}
	}
	p.live[m] = true
	p.mu.Unlock()
	if answers[wire.OpExec] == nil {
		answers[wire.OpExec] = m.exec
	}
	ready := wire.Ready{Release: "6.1.0-fake", Variant: string(spec.Kernel.Variant)}
	for _, setting := range p.Unmet {
		ready.Unmet = append(ready.Unmet, wire.Unmet{Setting: setting, Seen: "it did not take effect"})
	}
	if p.NoVariant {
		ready.Variant = ""
	}
	go m.agent(guest, wire.NewServer(guest, answers), ready)
	return m, nil
}

// exec answers a command, and dies as its answer says.
func (m *fakeMachine) exec(ctx context.Context, req *wire.Request) (any, error) {
	var args wire.Exec
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	if m.provider.Exec == nil {
		return wire.ExecResult{}, nil
	}
	res, err := m.provider.Exec(ctx, m.n, args.Argv)
	switch {
	case errors.Is(err, vms.ErrAgent):
		m.die(&vms.Crash{Reason: err})
	case errors.Is(err, vms.ErrPanic):
		m.die(&vms.Crash{Reason: vms.ErrPanic, Splat: "Kernel panic - not syncing: fake"})
	case errors.Is(err, vms.ErrGone):
		m.die(&vms.Crash{Reason: vms.ErrGone})
	}
	return res, err
}

// agent runs the guest's end: ready for a snapshot in a fork, on its way there in a boot. It
// never resumes in a provider whose forks are dead.
func (m *fakeMachine) agent(guest net.Conn, server *wire.Server, ready wire.Ready) {
	if m.About.StartKind == "fork" {
		if _, err := wire.ReadFrame(guest); err != nil || m.provider.DeadForks {
			return
		}
	} else {
		if err := wire.Hello(guest); err != nil {
			return
		}
		if _, err := wire.AwaitResume(guest, nil); err != nil {
			return
		}
	}
	payload, err := wire.EncodeReady(ready)
	if err == nil && server.Ready(payload, "fake", 1) == nil {
		server.Serve(context.Background(), time.Second)
	}
}

type fakeMachine struct {
	*vms.Base
	provider *Fake
	n        int
	stream   net.Conn
	once     sync.Once
}

func (m *fakeMachine) Stream() io.ReadWriteCloser { return m.stream }
func (m *fakeMachine) Reject()                    { m.provider.Rejected.Add(1) }

func (m *fakeMachine) Memory() int64 {
	if m.provider.Holds == nil {
		return 0
	}
	return m.provider.Holds(m.n, time.Since(m.About.Started))
}

func (m *fakeMachine) die(err error) {
	m.once.Do(func() {
		m.Ended(err)
		m.provider.Running.Add(-1)
		m.provider.mu.Lock()
		delete(m.provider.live, m)
		m.provider.mu.Unlock()
		m.stream.Close()
		m.Gone(nil)
	})
}
