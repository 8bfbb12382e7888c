package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// fakeProvider is a provider without machines: each "guest" is a goroutine
// that serves the wire protocol and answers exec as told.
type fakeProvider struct {
	start func(n int) error // what Start of the nth machine returns, from 1
	exec  func(ctx context.Context, n int, argv []string) (wire.ExecResult, error)
	holds func(n int, age time.Duration) int64 // memory of the nth machine; nil: it cannot tell
	notes []string

	forks, deadForks bool // machines are forked where they may be; forks never answer

	started, running, most, rejected atomic.Int32

	mu   sync.Mutex
	live map[*fakeMachine]bool
}

// held is the memory of all machines.
func (p *fakeProvider) held() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sum int64
	for m := range p.live {
		sum += m.Memory()
	}
	return sum
}

func (p *fakeProvider) Name() string                           { return "fake" }
func (p *fakeProvider) Caps(context.Context) (vms.Caps, error) { return vms.Caps{}, nil }

func (p *fakeProvider) Start(ctx context.Context, spec vms.Spec) (vms.Machine, error) {
	n := int(p.started.Add(1))
	if p.start != nil {
		if err := p.start(n); err != nil {
			return nil, &vms.StartError{Provider: "fake", Err: err}
		}
	}
	if now := p.running.Add(1); now > p.most.Load() {
		p.most.Store(now)
	}
	host, guest := net.Pipe()
	m := &fakeMachine{provider: p, n: n, stream: host}
	about := vms.Info{Console: "/does/not/exist", StartKind: "boot", Where: fmt.Sprint("member", n), Started: time.Now(), Notes: p.notes}
	if p.forks && !spec.Cold {
		about.StartKind = "fork"
	}
	m.Base = vms.NewBase(about, func() { m.die(nil) })
	p.mu.Lock()
	if p.live == nil {
		p.live = map[*fakeMachine]bool{}
	}
	p.live[m] = true
	p.mu.Unlock()
	server := wire.NewServer(guest, map[string]wire.Handler{
		wire.OpExec: func(ctx context.Context, req *wire.Request) (any, error) {
			var args wire.Exec
			if err := req.Decode(&args); err != nil {
				return nil, err
			}
			res, err := p.exec(ctx, n, args.Argv)
			switch {
			case errors.Is(err, vms.ErrPanic):
				m.die(&vms.Crash{Reason: vms.ErrPanic, Splat: "Kernel panic - not syncing: fake"})
			case errors.Is(err, vms.ErrGone):
				m.die(&vms.Crash{Reason: vms.ErrGone})
			}
			return res, err
		},
	})
	go m.agent(guest, server)
	return m, nil
}

// agent is the guest's end: parked in a fork, on its way there in a boot. It
// never wakes in a provider whose forks are dead.
func (m *fakeMachine) agent(guest net.Conn, server *wire.Server) {
	if m.About.StartKind == "fork" {
		if _, err := wire.ReadFrame(guest); err != nil || m.provider.deadForks {
			return
		}
	} else {
		if err := wire.Hello(guest); err != nil {
			return
		}
		if _, err := wire.AwaitWake(guest, nil); err != nil {
			return
		}
	}
	payload, err := wire.EncodeReady(wire.Ready{Release: "6.1.0-fake"})
	if err == nil && server.Ready(payload, "fake", 1) == nil {
		server.Serve(context.Background(), time.Second)
	}
}

type fakeMachine struct {
	*vms.Base
	provider *fakeProvider
	n        int
	stream   net.Conn
	once     sync.Once
}

func (m *fakeMachine) Stream() io.ReadWriteCloser { return m.stream }
func (m *fakeMachine) Reject()                    { m.provider.rejected.Add(1) }

func (m *fakeMachine) Memory() int64 {
	if m.provider.holds == nil {
		return 0
	}
	return m.provider.holds(m.n, time.Since(m.About.Started))
}

func (m *fakeMachine) die(err error) {
	m.once.Do(func() {
		m.Ended(err)
		m.provider.running.Add(-1)
		m.provider.mu.Lock()
		delete(m.provider.live, m)
		m.provider.mu.Unlock()
		m.stream.Close()
		m.Gone(nil)
	})
}

// fakeHost has memory for the provider's machines, less what other programs
// take of it.
type fakeHost struct {
	total    int64
	provider *fakeProvider
	others   func() int64 // nil: nothing
	least    int64        // that was ever left
}

func newFakeHost(total int64, p *fakeProvider) *fakeHost {
	return &fakeHost{total: total, provider: p, least: total}
}

// memory is the host's meter; one goroutine at a time reads it.
func (h *fakeHost) memory() scheduler.Memory {
	left := h.total - h.provider.held()
	if h.others != nil {
		left -= h.others()
	}
	h.least = min(h.least, left)
	return scheduler.Memory{Available: left, Total: h.total}
}

const gib, mib = 1 << 30, 1 << 20
