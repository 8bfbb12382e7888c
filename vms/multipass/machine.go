package multipass

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/console"
)

// machine is one instance and the agent in it.
type machine struct {
	instance *instance
	process  *child.Process // multipass exec
	console  *console.Log
	bootID   string
	started  time.Time

	closing sync.Once
	closed  chan struct{} // Close was called
	done    chan struct{} // the instance is removed
	err     error         // why it ended; set before done is closed
	left    error         // it could not be removed; set before done is closed
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

// Close hangs up and removes the instance. The error is that it is left.
func (m *machine) Close() error {
	m.closing.Do(func() {
		close(m.closed)
		m.process.Stop(0)
	})
	<-m.done
	return m.left
}

func (m *machine) isClosed() bool {
	select {
	case <-m.closed:
		return true
	default:
		return false
	}
}

// closeWith closes the machine when ctx ends.
func (m *machine) closeWith(ctx context.Context) {
	select {
	case <-ctx.Done():
		m.Close()
	case <-m.done:
	}
}

// finish sees to the agent's end, and removes the instance.
func (m *machine) finish() {
	defer close(m.done)
	<-m.process.Done()
	m.console.Wait()
	if !m.isClosed() {
		m.err = m.whyEnded()
		m.process.Stream().Close()
	}
	m.left = m.instance.remove(context.Background())
}
