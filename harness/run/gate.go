package run

import (
	"context"
	"sync"
	"time"
)

// sampling is how often machines are measured.
const sampling = 250 * time.Millisecond

// gate lets cells start while there is room for their machines. Where memory
// is short, on account of the machines or of other programs, they wait.
type gate struct {
	jobs    int
	host    meter
	changed chan struct{} // holds one token once there may be more room

	mu     sync.Mutex
	ledger *ledger
}

func newGate(l Limits, host meter) *gate {
	l = l.on(host())
	return &gate{jobs: l.Jobs, host: host, changed: make(chan struct{}, 1), ledger: newLedger(l.Memory)}
}

// enter waits for room and takes a seat. Only one goroutine may be in it at a
// time: that keeps the order and lets no small cell pass a large one for ever.
// The error is ctx's.
func (g *gate) enter(ctx context.Context, k kind) (*seat, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s := g.take(k); s != nil {
			return s, nil
		}
		select {
		case <-ctx.Done():
		case <-g.changed:
		}
	}
}

// take is a seat, nil if there is no room.
func (g *gate) take(k kind) *seat {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.ledger.seats) >= g.jobs || !g.ledger.fits(k, g.host()) {
		return nil
	}
	s := &seat{gate: g, kind: k}
	g.ledger.seats[s] = true
	return s
}

// keep measures the machines again and again, until stop is called.
func (g *gate) keep() (stop func()) {
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

// sample looks at all machines. It wakes who waits, also where nothing has
// changed here: other programs may have given memory back.
func (g *gate) sample() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.ledger.seats {
		if s.machine != nil {
			g.ledger.saw(s, s.machine.Memory())
		}
	}
	g.wake()
}

func (g *gate) wake() {
	select {
	case g.changed <- struct{}{}:
	default: // a token is there
	}
}
