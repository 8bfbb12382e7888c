package run

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// fakeHolder holds as many bytes as it says.
type fakeHolder int64

func (h *fakeHolder) Memory() int64 { return int64(*h) }

// The tests of the gate run on synctest's clock, on a host of 1600 MiB, of
// which room is available (100 MiB are never given away).
func testGate(t *testing.T, limits Limits, room int64, test func(t *testing.T, g *gate, room *int64)) {
	synctest.Test(t, func(t *testing.T) {
		room := room + 100*mib
		g := newGate(limits, func() memory { return memory{room, 1600 * mib} })
		defer g.keep()()
		test(t, g, &room)
	})
}

func mustEnter(t *testing.T, g *gate, k kind) *seat {
	t.Helper()
	s, err := g.enter(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// entered says how long it takes to get a seat. It is of no kind that anyone
// else has, so that it teaches nothing.
func entered(t *testing.T, g *gate) time.Duration {
	t.Helper()
	began := time.Now()
	mustEnter(t, g, other).leave(false)
	return time.Since(began)
}

func TestGateWaitsForAPlace(t *testing.T) {
	testGate(t, Limits{Jobs: 1}, gib, func(t *testing.T, g *gate, _ *int64) {
		first := mustEnter(t, g, small)
		time.AfterFunc(1100*time.Millisecond, func() { first.leave(true) })
		if took := entered(t, g); took != 1100*time.Millisecond {
			t.Errorf("a seat after %v, want it at once when the other is left", took)
		}
	})
}

func TestGateWaitsForMemoryThatOthersHold(t *testing.T) {
	testGate(t, Limits{Jobs: 8}, 640*mib-1, func(t *testing.T, g *gate, room *int64) {
		mustEnter(t, g, small)
		time.AfterFunc(1100*time.Millisecond, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			*room++
		})
		if took := entered(t, g); took < 1100*time.Millisecond || took > 1100*time.Millisecond+sampling {
			t.Errorf("a seat after %v, want it soon after 1.1 s", took)
		}
	})
}

func TestGateMeasuresMachines(t *testing.T) {
	testGate(t, Limits{Jobs: 8}, 440*mib, func(t *testing.T, g *gate, _ *int64) {
		machine := fakeHolder(200 * mib)
		defer mustEnter(t, g, small).watch(&machine)() // 120 MiB are to come
		if took := entered(t, g); took == 0 || took > sampling {
			t.Errorf("a seat after %v, want it with the first measurement", took)
		}
	})
}

func TestGateLearnsFromTheLastLook(t *testing.T) {
	testGate(t, Limits{Jobs: 8}, 0, func(t *testing.T, g *gate, _ *int64) {
		machine := fakeHolder(40 * mib)
		s := mustEnter(t, g, small)
		s.watch(&machine)()
		machine = gib // what it says once it is let go is nothing to us
		s.leave(true)
		if got := g.ledger.need(small); got != 66*mib {
			t.Errorf("its kind needs %d MiB, want 66", got/mib)
		}
	})
}

func TestGateOfAnotherAttemptMeasuresAnotherMachine(t *testing.T) {
	testGate(t, Limits{Jobs: 8}, 0, func(t *testing.T, g *gate, _ *int64) {
		first, second := fakeHolder(80*mib), fakeHolder(0)
		s := mustEnter(t, g, small)
		s.watch(&first)()
		s.watch(&second)()
		s.leave(true)
		if got := g.ledger.need(small); got != 320*mib {
			t.Errorf("its kind needs %d MiB, want all: the second machine told nothing", got/mib)
		}
	})
}

func TestGateGivesUpWithTheContext(t *testing.T) {
	testGate(t, Limits{Jobs: 1}, gib, func(t *testing.T, g *gate, _ *int64) {
		first := mustEnter(t, g, small)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := g.enter(ctx, small); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
		first.leave(true)
		if took := entered(t, g); took != 0 {
			t.Errorf("the next waits for %v", took)
		}
	})
}

func TestGateOfAContextThatEnded(t *testing.T) {
	testGate(t, Limits{Jobs: 1}, gib, func(t *testing.T, g *gate, _ *int64) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.enter(ctx, small); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
	})
}
