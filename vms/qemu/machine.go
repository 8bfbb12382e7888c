//go:build linux

package qemu

import (
	"io"
	"net"
	"os"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
	"github.com/bpflab/bpflab/vms/forkserver"
)

// machine is one QEMU process.
type machine struct {
	*vms.Base
	end     func()              // kills what was started
	process *os.Process         // QEMU's, also where a script was started
	copy    *forkserver.Process // the same, where a fork server has started it
	stream  net.Conn            // the second UART
	port    net.Conn            // the virtio port
	console *console.Log
	unread  net.Conn // the console, where it has no log
	stderr  capped   // what QEMU says itself

	parent *parent // what it was forked from; nil after a boot

	opened   chan struct{} // the control connection was opened, or could not be
	control  *control      // nil if it could not be
	shutdown string        // the reason QEMU gave for its end; read after control.gone
	exit     error         // how its process ended; read after Done
	resumed  chan struct{} // a fork has taken its state and runs
	migrated chan string   // the states of a migration: "setup", "active", "completed", "failed"
}

// parent is the template of a fork.
type parent struct {
	port   bool   // its agent waits on the virtio port
	drop   func() // removes the template
	copied bool   // by a zygote
}

// Stream returns where the agent speaks or waits first.
func (m *machine) Stream() io.ReadWriteCloser {
	if m.parent != nil && m.parent.port {
		return m.port
	}
	return m.stream
}

// Port returns the virtio port, unless a fork's agent has chosen already.
func (m *machine) Port() io.ReadWriteCloser {
	if m.parent != nil {
		return nil
	}
	return m.port
}

// Reject drops the template of a fork.
func (m *machine) Reject() {
	if m.parent != nil {
		m.parent.drop()
	}
}

// kill ends QEMU and hangs up.
func (m *machine) kill() {
	m.end()
	m.hangUp()
}

// hangUp closes this process's ends of what leads to the guest.
func (m *machine) hangUp() {
	m.stream.Close()
	m.port.Close()
	if m.unread != nil {
		m.unread.Close()
	}
}

// consoleEnd waits for the end of the console and returns the last of it.
func (m *machine) consoleEnd() []byte {
	if m.console == nil {
		return nil
	}
	m.console.Wait()
	return m.console.Tail()
}
