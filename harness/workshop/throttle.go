package workshop

import (
	"time"

	"github.com/bpflab/bpflab/vms"
)

// How often a machine's use of the processors is measured: often where it is limited.
const (
	throttleEvery = 250 * time.Millisecond
	measureEvery  = 2 * time.Second
)

// maxPause limits how long a machine is paused at a time, so that its agent can answer.
const maxPause = 2 * time.Second

// throttle measures how much of a processor a machine uses, and pauses it when that
// exceeds the limit. It does nothing if the provider cannot pause machines.
func (w *Workshop) throttle(m *machine) {
	g, ok := m.session.Machine().(vms.Throttler)
	if !ok {
		return
	}
	go func() {
		share, every := float64(w.Limits.CPU)/100, measureEvery
		if share > 0 {
			every = throttleEvery
		}
		for before := g.CPU(); m.alive.Err() == nil; {
			began := time.Now()
			wait(m, every)
			now := g.CPU()
			used := now - before
			before = now
			if pause := excess(used, time.Since(began), share); pause > 0 {
				g.Pause(true)
				wait(m, pause)
				g.Pause(false)
			}
			m.setLoad(used.Seconds() / time.Since(began).Seconds())
		}
	}()
}

// wait waits for a time, or until the machine has ended.
func wait(m *machine, d time.Duration) {
	select {
	case <-time.After(d):
	case <-m.alive.Done():
	}
}

// excess returns how long a machine that used so much processor time in a time must
// pause to get back to its share, or 0 if there is no limit.
func excess(used, in time.Duration, share float64) time.Duration {
	if share <= 0 {
		return 0
	}
	return min(maxPause, max(0, time.Duration(float64(used)/share)-in))
}
