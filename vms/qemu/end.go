//go:build linux

package qemu

import (
	"fmt"
	"strings"
	"sync"

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
	if said != "" {
		words = append(words, said)
	}
	if line := console.LastLine(tail); line != "" {
		words = append(words, "the console ends with: "+line)
	}
	return strings.Join(words, "; ")
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
