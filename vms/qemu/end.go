//go:build linux

package qemu

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
)

// The reasons QEMU gives for its end that are the guest's own doing.
const (
	guestShutdown = "guest-shutdown"
	guestReset    = "guest-reset" // also after a panic or a triple fault
)

// whyEnded returns how a machine ended: nil after a power-off, else a *vms.Crash.
// shutdown is the reason QEMU gave, wait how its process ended, said what it
// printed, and tail the console's end.
func whyEnded(shutdown string, wait error, said string, tail []byte) error {
	if shutdown == guestShutdown {
		return nil
	}
	if crash := vms.Death(tail); crash != nil {
		return crash
	}
	reason := vms.ErrGone
	if shutdown == guestReset {
		reason = vms.ErrReset
	}
	return &vms.Crash{Reason: reason, Splat: lastWords(shutdown, wait, said, tail)}
}

// lastWords returns one line with all that is known of a machine that ended without
// a panic.
func lastWords(shutdown string, wait error, said string, tail []byte) string {
	var words []string
	switch {
	case shutdown == guestReset:
		words = append(words, "the guest reset itself")
	case shutdown != "":
		words = append(words, "QEMU ended: "+shutdown)
	case wait != nil:
		words = append(words, fmt.Sprintf("QEMU ended: %v", wait))
	default:
		words = append(words, "QEMU ended")
	}
	if said = oneLine(said); said != "" {
		words = append(words, said)
	}
	if line := console.LastLine(tail); line != "" {
		words = append(words, "the console ends with: "+line)
	}
	return strings.Join(words, "; ")
}

// maxSaid is how much of what QEMU printed an error shows, in bytes.
const maxSaid = 500

// oneLine returns the end of what QEMU printed as one line; without its warnings,
// unless there is nothing else: the reason of an end is no warning.
func oneLine(said string) string {
	var lines, warnings []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.Contains(line, "warning: "):
			warnings = append(warnings, line)
		default:
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		lines = warnings
	}
	text := strings.Join(lines, "; ")
	if len(text) > maxSaid {
		text = "..." + strings.ToValidUTF8(text[len(text)-maxSaid:], "")
	}
	return text
}

// inItsWords returns why a machine did not do what it was asked for. If it has ended
// that is how, and what it printed. Else it is err, such as QEMU's refusal of a command,
// and what it printed comes second, for that may be about anything.
func (m *machine) inItsWords(err error) error {
	if errors.Is(err, errControlGone) || errors.Is(err, vms.ErrGone) {
		select {
		case <-m.Done():
			return &exitError{lastWords(m.shutdown, m.exit, m.stderr.String(), nil), m.exit}
		case <-time.After(graceForDeath):
		}
	}
	return beside(err, m.stderr.String())
}

// exitError is a QEMU that has ended when it was to do something.
type exitError struct {
	text string
	exit error // how its process ended
}

func (e *exitError) Error() string { return e.text }

// isOwn reports whether QEMU ended by itself and was not killed.
func (e *exitError) isOwn() bool {
	var exit *exec.ExitError
	return e.exit == nil || errors.As(e.exit, &exit) && exit.Exited()
}

// beside returns an error with what QEMU printed, if anything.
func beside(err error, said string) error {
	if said = oneLine(said); said != "" {
		return fmt.Errorf("%w (QEMU also printed: %s)", err, said)
	}
	return err
}

// keepStderr is how much of what QEMU prints itself is kept, in bytes.
const keepStderr = 16 << 10

// capped keeps the beginning of what is written to it.
type capped struct {
	mu   sync.Mutex
	text []byte
}

func (c *capped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, p[:min(len(p), keepStderr-len(c.text))]...)
	return len(p), nil
}

func (c *capped) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimSpace(string(c.text))
}
