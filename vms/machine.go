package vms

import (
	"io"
	"time"
)

// Machine is one running guest. Its methods are safe for concurrent use. Those
// that only some providers' machines have are interfaces of their own: Ported,
// Measured, Rejecter and Throttler.
type Machine interface {
	// Stream returns the two-way byte stream to the guest agent: after a boot the
	// agent sends the first frame on it, after a fork it waits there to be resumed. It
	// ends with an error when the machine dies; Err then says why.
	Stream() io.ReadWriteCloser
	// Info returns what is known of the machine since Start returned.
	Info() Info
	// Done returns a channel that is closed when the machine is gone.
	Done() <-chan struct{}
	// Err returns why it is gone: nil after a clean power-off or Close, else a
	// *Crash. It does not wait: nil while the machine runs.
	Err() error
	// Close kills the machine and removes all of it but the console log. It
	// is idempotent and returns only when nothing is left.
	Close() error
}

// Info is what is known of a machine from its start on.
type Info struct {
	Console   string    // path of the console log, which grows while the machine runs
	StartKind string    // "boot", "fork", or "standby": a fork that has waited
	Where     string    // the server or cluster member it is on; "" is this host
	Started   time.Time // when the hypervisor was started
	Notes     []string  // what the user should know of its start, such as a damaged template that was built again

	Hypervisor Hypervisor
	// Slowness is how many times slower than usual the host is; less than 1 counts as 1.
	Slowness float64
}

// Limit returns how long something may take that has this limit on a usual host.
func (i Info) Limit(usual time.Duration) time.Duration {
	return time.Duration(float64(usual) * max(1, i.Slowness))
}

// Hypervisor is what runs a machine. Fields are empty where the provider cannot say.
type Hypervisor struct {
	Accelerator string // "kvm" or "tcg"
	Version     string // "QEMU 7.2.22"
	Binary      string // its path
	Machine     string // type of the machine, "pc"
	CPU         string // model of its processors, "qemu64,+rdrand"
}

// Ported is a machine with a second, faster stream.
type Ported interface {
	// Port returns that stream, which an agent that has booted may choose when it
	// is ready for a snapshot; nil where its agent has chosen already.
	Port() io.ReadWriteCloser
}

// Measured is a machine whose use of the host's memory can be measured.
type Measured interface {
	// Memory returns how much of the host's memory the machine alone holds now, in
	// bytes; 0 once it is gone.
	Memory() int64
}

// Rejecter is a machine that was made from a template that may be unusable.
type Rejecter interface {
	// Reject records that the agent of a fork never answered, and deletes the template.
	// The caller must still call Close.
	Reject()
}

// Throttler is a machine whose use of the host's processors can be measured and limited.
type Throttler interface {
	// CPU returns the processor time that the machine has taken.
	CPU() time.Duration
	// Pause stops the machine, or resumes it with false. It does nothing to a machine that
	// is gone.
	Pause(bool)
}

// Port returns the second stream of a machine, nil if it has none.
func Port(m Machine) io.ReadWriteCloser {
	if p, ok := m.(Ported); ok {
		return p.Port()
	}
	return nil
}

// Memory returns what the machine holds of the host's memory, 0 where its
// provider cannot say.
func Memory(m Machine) int64 {
	if held, ok := m.(Measured); ok {
		return held.Memory()
	}
	return 0
}

// Reject deletes the template that the machine was forked from, if any.
func Reject(m Machine) {
	if r, ok := m.(Rejecter); ok {
		r.Reject()
	}
}
