//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/template"
	"github.com/bpflab/bpflab/vms/wire"
)

// Some QEMUs do not save when the next timer interrupt of an emulated processor is due. A copy
// wakes up for the frame that resumes it, and its kernel programs the timer anew only where that
// interrupt was not due at once when the state was saved: else no timer of the copy ever
// expires. So a saved state is tried where the architecture is not x86-64, and saved again a
// little later if its copy stands still.

// errNoTicks is a machine of which no saved state was good.
var errNoTicks = errors.New("the timers of copies do not expire: this QEMU does not save when the next one is due")

const (
	saves     = 12
	saveAgain = 70 * time.Millisecond
	// tickLimit is how long a copy may take to answer a call that waits for a timer.
	tickLimit = 4 * time.Second
)

// losesTimers reports whether the machine's QEMU does not save its timer.
func (s spec) losesTimers() bool {
	number := versionNumber.FindStringSubmatch(s.qemu.version)
	if number == nil || s.accel != TCG {
		return false
	}
	major, _ := strconv.Atoi(number[1])
	minor, _ := strconv.Atoi(number[2])
	saved := s.platform().timerSaved
	return major < saved[0] || major == saved[0] && minor < saved[1]
}

// checkForkable returns why copies of a machine would not run, nil if nothing is known that
// keeps them from that.
func (s spec) checkForkable() error {
	if s.cpus > 1 && s.losesTimers() {
		return fmt.Errorf("%w, and nothing wakes all of %d processors", errNoTicks, s.cpus)
	}
	return nil
}

// saveGood saves the state of a machine that is ready for a snapshot, until copies of it run.
func (m *machine) saveGood(ctx context.Context, s spec, memory, state *os.File) error {
	for range saves {
		if err := m.save(ctx, state); err != nil {
			return fmt.Errorf("save the booted machine: %w", m.inItsWords(err))
		}
		if s.kernel.Arch.OrDefault() == kernel.AMD64 {
			return nil
		}
		err := s.tryCopy(ctx, memory, state)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if err := m.goOn(ctx, state); err != nil {
			return err
		}
	}
	return errNoTicks
}

// goOn lets a machine run on whose state was saved, and empties the file.
func (m *machine) goOn(ctx context.Context, state *os.File) error {
	if err := m.control.execute(ctx, "cont", nil, nil); err != nil {
		return m.inItsWords(err)
	}
	select {
	case <-time.After(saveAgain):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	_, err := state.Seek(0, io.SeekStart)
	return errors.Join(err, state.Truncate(0))
}

// tryCopy forks a machine that was just saved, and has its agent wait for a timer.
func (s spec) tryCopy(ctx context.Context, memory, state *os.File) error {
	from, err := statePipe(state)
	if err != nil {
		return err
	}
	defer from.Close()
	m, err := s.launch(ctx, forkArguments(s), "", memory, from)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := m.resume(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, m.About.Limit(tickLimit), errNoTicks)
	defer cancel()
	client := wire.NewClient(m.Stream())
	if _, err := client.Resume(limited, wire.NewResume()); err != nil {
		return err
	}
	return client.Call(limited, wire.OpQuiet, wire.QuietAsk{Within: time.Second}, nil, wire.IO{})
}

// aboutTemplate returns what is written down of a template.
func aboutTemplate(s spec, port bool) template.About {
	return template.About{Kernel: s.kernel.Release, KernelSHA256: s.kernel.SHA256, Memory: s.memory, Made: time.Now(), Port: port}
}
