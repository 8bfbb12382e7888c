package multipass

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
)

// askLimit is how long multipass may take to report an instance's state.
const askLimit = 30 * time.Second

// whyEnded returns why the agent of a machine has ended that was not closed: nil if the
// host hung up, or if the machine was powered off, else a *vms.Crash.
func (m *machine) whyEnded() error {
	exit := m.process.Err()
	if exit == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), askLimit)
	defer cancel()
	return endOf(exit, m.fate(ctx), m.console.Tail())
}

// fate returns what happened to the instance, in words; "" if it still runs.
func (m *machine) fate(ctx context.Context) string {
	state, err := m.instance.state(ctx)
	if err != nil {
		return "multipass does not say what became of the machine: " + err.Error()
	}
	if state != "Running" {
		return "multipass calls the machine " + state
	}
	boot, err := m.instance.bootID(ctx)
	if err != nil {
		return "the machine does not answer: " + err.Error()
	}
	if boot != m.bootID {
		return "the machine has started again by itself, as it does after a panic"
	}
	return ""
}

// poweredOff is a kernel's last line (kernel_power_off in kernel/reboot.c).
const poweredOff = "reboot: Power down"

// endOf makes the error of a machine from what is known of its end: how the
// agent ended, what became of the instance, and its kernel's last words.
func endOf(exit error, fate string, tail []byte) error {
	crash := vms.Death(tail)
	last := console.LastLine(tail)
	switch {
	case fate != "" && crash != nil:
		return crash
	case strings.HasSuffix(last, poweredOff):
		return nil
	case fate == "":
		fate = fmt.Sprintf("the agent ended: %v", exit)
	}
	if last != "" {
		fate += "; the console ends with: " + last
	}
	return &vms.Crash{Reason: vms.ErrGone, Splat: fate}
}
