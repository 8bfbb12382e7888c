package lxd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
)

// machine is one instance that runs.
type machine struct {
	instance *instance
	started  time.Time
	stream   *end // ours; LXD has the other
	console  *console.Log
	kernel   io.Writer // to the console, where something else than the machine writes it

	closing sync.Once
	closed  chan struct{} // Close was called
	done    chan struct{} // the instance is removed
	err     error         // why it ended; set before done is closed
	left    error         // it could not be removed; set before done is closed
}

func newMachine(i *instance, started time.Time, stream *end, log *console.Log) *machine {
	return &machine{instance: i, started: started, stream: stream, console: log, closed: make(chan struct{}), done: make(chan struct{})}
}

// Stream is where the agent speaks.
func (m *machine) Stream() io.ReadWriteCloser { return m.stream }

// Port is nil: there is one stream.
func (m *machine) Port() io.ReadWriteCloser { return nil }

func (m *machine) Console() string       { return m.console.Path() }
func (m *machine) StartKind() string     { return "boot" }
func (m *machine) Started() time.Time    { return m.started }
func (m *machine) Notes() []string       { return nil }
func (m *machine) Memory() int64         { return 0 }
func (m *machine) Done() <-chan struct{} { return m.done }
func (m *machine) Reject()               {}

// Where is the cluster member, or the server if that is not this host's.
func (m *machine) Where() string { return m.instance.where() }

func (m *machine) Err() error {
	select {
	case <-m.done:
		return m.err
	default:
		return nil
	}
}

// Close removes the instance. The error is that it is left on the server.
func (m *machine) Close() error {
	m.closing.Do(func() { close(m.closed) })
	<-m.done
	return m.left
}

func (m *machine) isClosed() bool { return isDone(m.closed) }

func isDone(c <-chan struct{}) bool {
	select {
	case <-c:
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

// see waits for the machine's end, which finish tells, and removes it.
func (m *machine) see(finish func() error) {
	defer close(m.done)
	err := finish()
	m.stream.Close()
	if !m.isClosed() {
		m.err = err
	}
	m.instance.note(err)
	m.left = m.instance.removeLater(context.Background())
}

// whyEnded tells why a machine has ended, from what is known and its console:
// nil after a power-off, else a *vms.Crash.
func whyEnded(known error, tail []byte) error {
	if splat := vms.Splat(tail); splat != "" && strings.Contains(splat, "Kernel panic") {
		return &vms.Crash{Reason: vms.ErrPanic, Splat: splat}
	}
	last := console.LastLine(tail)
	if known == nil && strings.HasSuffix(last, poweredOff) {
		return nil
	}
	words := "LXD says nothing of why"
	if known != nil {
		words = known.Error()
	}
	if last != "" {
		words += "; the console ends with: " + last
	}
	return &vms.Crash{Reason: vms.ErrGone, Splat: words}
}

// poweredOff is a kernel's last line (kernel_power_off in kernel/reboot.c).
const poweredOff = "reboot: Power down"

var errStreamLost = errors.New("LXD has closed the stream")

// consoleOf starts the log of a console that is written to the returned writer.
func consoleOf(path string) (*console.Log, *io.PipeWriter, error) {
	r, w := io.Pipe()
	log, err := console.Keep(r, path)
	if err != nil {
		return nil, nil, fmt.Errorf("console: %w", err)
	}
	return log, w, nil
}
