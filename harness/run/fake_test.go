package run

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bpflab/bpflab/harness/wire"
	"github.com/bpflab/bpflab/vms"
)

// fakeProvider is a provider without machines: each "guest" is a goroutine
// that serves the wire protocol and answers exec as told.
type fakeProvider struct {
	start func(n int) error // what Start of the nth machine returns, from 1
	exec  func(ctx context.Context, n int, argv []string) (wire.ExecResult, error)

	started, running, most atomic.Int32
}

func (p *fakeProvider) Name() string                           { return "fake" }
func (p *fakeProvider) Caps(context.Context) (vms.Caps, error) { return vms.Caps{}, nil }

func (p *fakeProvider) Start(ctx context.Context, _ vms.Spec) (vms.Machine, error) {
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
	m := &fakeMachine{provider: p, stream: host, done: make(chan struct{})}
	server := wire.NewServer(guest, map[string]wire.Handler{
		wire.OpExec: func(ctx context.Context, req *wire.Request) (any, error) {
			var args wire.Exec
			if err := req.Decode(&args); err != nil {
				return nil, err
			}
			res, err := p.exec(ctx, n, args.Argv)
			if errors.Is(err, vms.ErrPanic) {
				m.die(&vms.Crash{Reason: vms.ErrPanic, Splat: "Kernel panic - not syncing: fake"})
			}
			return res, err
		},
	})
	go server.Serve(context.Background(), wire.Ready{Release: "6.1.0-fake", BootID: "fake"}, time.Second)
	return m, nil
}

type fakeMachine struct {
	provider *fakeProvider
	stream   net.Conn
	once     sync.Once
	err      error
	done     chan struct{}
}

func (m *fakeMachine) Stream() io.ReadWriteCloser { return m.stream }
func (m *fakeMachine) Console() string            { return "/does/not/exist" }
func (m *fakeMachine) StartKind() string          { return "boot" }
func (m *fakeMachine) Notes() []string            { return nil }
func (m *fakeMachine) Memory() int64              { return 0 }
func (m *fakeMachine) Started() time.Time         { return time.Time{} }
func (m *fakeMachine) Done() <-chan struct{}      { return m.done }
func (m *fakeMachine) Close() error               { m.die(nil); return nil }

func (m *fakeMachine) Err() error {
	select {
	case <-m.done:
		return m.err
	default:
		return nil
	}
}

func (m *fakeMachine) die(err error) {
	m.once.Do(func() {
		m.err = err
		m.provider.running.Add(-1)
		m.stream.Close()
		close(m.done)
	})
}
