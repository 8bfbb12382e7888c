package host

import (
	"io"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/console"
)

// machine is one agent. The agent, and with it all that it has started, is gone
// when Close returns.
type machine struct {
	*vms.Base
	process *child.Process
	console *console.Log
}

// Stream returns the agent's standard input and output.
func (m *machine) Stream() io.ReadWriteCloser { return m.process.Stream() }

// grace is how long an agent has to end by itself. The kernel cleans up after one that is
// killed, except before 4.17, where a probe is a line of kprobe_events.
const grace = 5 * time.Second

// finish waits for the agent's end.
func (m *machine) finish() {
	<-m.process.Done()
	m.console.Wait()
	m.Ended(whyEnded(m.process.Err(), m.console.Tail()))
	m.process.Stream().Close()
	m.Gone(nil)
}

// whyEnded returns how an agent ended that was not closed: nil if the host hung up, else a
// *vms.Crash with its last output.
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
