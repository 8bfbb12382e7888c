package qemu

import (
	"context"
	"io"
	"net"
	"os/exec"
	"sync"
	"time"
)

// machine is one QEMU process.
type machine struct {
	cmd     *exec.Cmd
	stream  net.Conn
	console *console
	started time.Time
	stderr  capped // what QEMU says itself

	opened   chan struct{} // the control connection was opened, or could not be
	control  *control      // nil if it could not be
	shutdown string        // the reason QEMU gave for its end; read after control.gone

	closing sync.Once
	closed  chan struct{} // Close was called
	done    chan struct{} // the process is gone and the console is written
	err     error         // why; set before done is closed
}

func (m *machine) Stream() io.ReadWriteCloser { return m.stream }
func (m *machine) Console() string            { return m.console.path }
func (m *machine) StartKind() string          { return "boot" }
func (m *machine) Started() time.Time         { return m.started }
func (m *machine) Notes() []string            { return nil }
func (m *machine) Done() <-chan struct{}      { return m.done }

func (m *machine) Err() error {
	select {
	case <-m.done:
		return m.err
	default:
		return nil
	}
}

// Close kills the machine and waits until it is gone.
func (m *machine) Close() error {
	m.closing.Do(func() {
		close(m.closed)
		m.cmd.Process.Kill()
		m.stream.Close()
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
