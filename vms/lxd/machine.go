package lxd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
)

// machine is one instance that runs.
type machine struct {
	*vms.Base
	instance *instance
	stream   *end // this process's; LXD has the other
	console  *console.Log
	kernel   io.Writer // to the console, where something else than the machine writes it
}

func newMachine(i *instance, started time.Time, stream *end, log *console.Log) *machine {
	about := vms.Info{Console: log.Path(), StartKind: "boot", Where: i.where(), Started: started}
	// nothing to kill: what follows the instance looks for Closing, and removes it
	return &machine{Base: vms.NewBase(about, func() {}), instance: i, stream: stream, console: log}
}

// Stream returns the stream to the agent.
func (m *machine) Stream() io.ReadWriteCloser { return m.stream }

func isDone(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// see waits for the machine's end, whose reason finish returns, and
// removes it.
func (m *machine) see(finish func() error) {
	err := finish()
	m.stream.Close()
	m.Ended(err)
	m.instance.note(err)
	m.Gone(m.instance.removeLater(context.Background()))
}

// whyEnded returns why a machine has ended, from what is known and its console:
// nil after a power-off, else a *vms.Crash.
func whyEnded(known error, tail []byte) error {
	if crash := vms.Death(tail); crash != nil && strings.Contains(crash.Splat, "Kernel panic") {
		return crash
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
