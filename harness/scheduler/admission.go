package scheduler

import (
	"context"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms"
)

// sampling is how often machines are measured.
const sampling = 250 * time.Millisecond

// admission lets tasks start while there is memory for their machines. When memory is
// short, because of machines or of other programs, tasks wait.
type admission struct {
	jobs    int
	host    meter
	line    chan struct{} // holds one token while a task is first in line
	changed chan struct{} // holds one token once there may be more room

	mu         sync.Mutex
	accounting *accounting
}

func newAdmission(l limits, host meter) *admission {
	l = l.on(host())
	return &admission{jobs: l.jobs, host: host, line: make(chan struct{}, 1), changed: make(chan struct{}, 1), accounting: newAccounting(l.memory)}
}

// enter waits for room and takes a slot. Callers are let in one after the other: that
// keeps the order and lets no small machine pass a large one for ever. The error is
// ctx's.
func (g *admission) enter(ctx context.Context, k class) (*Slot, error) {
	s := &Slot{admission: g}
	return s, g.admit(ctx, s, k)
}

// again gives a slot back and takes it once more for a machine of another class. The
// error is ctx's; the slot is then not admitted.
func (g *admission) again(ctx context.Context, s *Slot, k class) error {
	g.mu.Lock()
	g.accounting.leave(s, false)
	g.wake()
	g.mu.Unlock()
	return g.admit(ctx, s, k)
}

// admit waits for room for a slot.
func (g *admission) admit(ctx context.Context, s *Slot, k class) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case g.line <- struct{}{}:
	}
	defer func() { <-g.line }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if g.take(s, k) {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-g.changed:
		}
	}
}

// take admits the slot and reports whether there was room.
func (g *admission) take(s *Slot, k class) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.accounting.slots) >= g.jobs || !g.accounting.fits(k, g.host()) {
		return false
	}
	s.class = k
	g.accounting.slots[s] = true
	return true
}

// keep measures the machines again and again, until stop is called.
func (g *admission) keep() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(sampling)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				g.sample()
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// sample measures all machines. It wakes a waiting task, also where nothing has
// changed here: other programs may have given memory back.
func (g *admission) sample() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.accounting.slots {
		if s.machine != nil {
			g.accounting.saw(s, vms.Memory(s.machine))
		}
	}
	g.wake()
}

func (g *admission) wake() {
	select {
	case g.changed <- struct{}{}:
	default: // a token is there
	}
}
