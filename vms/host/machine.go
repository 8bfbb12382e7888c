package host

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/console"
)

// machine is one agent.
type machine struct {
	process *child.Process
	console *console.Log
	started time.Time

	closing sync.Once
	closed  chan struct{} // Close was called
	done    chan struct{} // the agent is gone and the console is written
	err     error         // why; set before done is closed
}

func (m *machine) Stream() io.ReadWriteCloser { return m.process.Stream() }
func (m *machine) Port() io.ReadWriteCloser   { return nil }
func (m *machine) Console() string            { return m.console.Path() }
func (m *machine) StartKind() string          { return "boot" }
func (m *machine) Where() string              { return "" }
func (m *machine) Started() time.Time         { return m.started }
func (m *machine) Notes() []string            { return nil }
func (m *machine) Memory() int64              { return 0 }
func (m *machine) Done() <-chan struct{}      { return m.done }
func (m *machine) Reject()                    {}

func (m *machine) Err() error {
	select {
	case <-m.done:
		return m.err
	default:
		return nil
	}
}

// grace is how long an agent has to end by itself. It has nothing to do that
// the kernel does not do for one that is killed, but on kernels before 4.17,
// where a probe is a line of kprobe_events.
const grace = 5 * time.Second

// Close hangs up and waits until the agent, and with it all that it has
// started, is gone.
func (m *machine) Close() error {
	m.closing.Do(func() {
		close(m.closed)
		m.process.Stop(grace)
	})
	<-m.done
	return nil
}

// closeWith closes the machine when ctx ends.
func (m *machine) closeWith(ctx context.Context) {
	select {
	case <-ctx.Done():
		m.Close()
	case <-m.done:
	}
}

// finish sees to the agent's end.
func (m *machine) finish() {
	<-m.process.Done()
	m.console.Wait()
	select {
	case <-m.closed:
	default:
		m.err = whyEnded(m.process.Err(), m.console.Tail())
		m.process.Stream().Close()
	}
	close(m.done)
}

// whyEnded tells how an agent ended that nobody closed: nil if it was hung up
// on, else a *vms.Crash with its last words.
func whyEnded(exit error, tail []byte) error {
	if exit == nil {
		return nil
	}
	words := "the agent ended: " + exit.Error()
	if line := console.LastLine(tail); line != "" {
		words += "; it said last: " + line
	}
	return &vms.Crash{Reason: vms.ErrGone, Splat: words}
}
