//go:build linux

package qemu

import (
	"context"
	"io"
	"net"
	"os/exec"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms/console"
)

// machine is one QEMU process.
type machine struct {
	cmd     *exec.Cmd
	stream  net.Conn // the second UART
	port    net.Conn // the virtio port
	console *console.Log
	started time.Time
	stderr  capped // what QEMU says itself

	parent *parent // what it was forked from; nil after a boot
	notes  []string

	opened   chan struct{} // the control connection was opened, or could not be
	control  *control      // nil if it could not be
	shutdown string        // the reason QEMU gave for its end; read after control.gone
	resumed  chan struct{} // a fork has taken its state and runs
	migrated chan string   // the states of a migration: "setup", "active", "completed", "failed"

	closing sync.Once
	closed  chan struct{} // Close was called
	done    chan struct{} // the process is gone and the console is written
	err     error         // why; set before done is closed
}

// parent is the template of a fork.
type parent struct {
	port bool   // its agent waits on the virtio port
	drop func() // removes the template
}

// Stream is where the agent speaks or waits first.
func (m *machine) Stream() io.ReadWriteCloser {
	if m.parent != nil && m.parent.port {
		return m.port
	}
	return m.stream
}

// Port is the virtio port, unless a fork's agent has chosen already.
func (m *machine) Port() io.ReadWriteCloser {
	if m.parent != nil {
		return nil
	}
	return m.port
}

func (m *machine) StartKind() string {
	if m.parent != nil {
		return "fork"
	}
	return "boot"
}

func (m *machine) Console() string       { return m.console.Path() }
func (m *machine) Where() string         { return "" }
func (m *machine) Started() time.Time    { return m.started }
func (m *machine) Notes() []string       { return m.notes }
func (m *machine) Done() <-chan struct{} { return m.done }

// Reject drops the template of a fork.
func (m *machine) Reject() {
	if m.parent != nil {
		m.parent.drop()
	}
}

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
		m.port.Close()
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
