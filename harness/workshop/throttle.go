package workshop

import (
	"time"

	"github.com/bpflab/bpflab/vms"
)

// How often a machine's use of the processors is looked at: often where it has a limit.
const (
	throttleEvery = 250 * time.Millisecond
	measureEvery  = 2 * time.Second
)

// maxPause is how long a machine is held back at one time: its agent must be heard.
const maxPause = 2 * time.Second

// govern measures how much of a processor a machine takes, and holds it back where that
// is more than it may. A machine whose provider knows no such thing is left alone.
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

// rest waits, or until the machine is gone.
func wait(m *machine, d time.Duration) {
	select {
	case <-time.After(d):
	case <-m.alive.Done():
	}
}

// excess is how long one that took so much in a time must pause, to have taken no more
// than its share in the end; 0 for no limit.
func excess(used, in time.Duration, share float64) time.Duration {
	if share <= 0 {
		return 0
	}
	return min(maxPause, max(0, time.Duration(float64(used)/share)-in))
}
