package scheduler

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bpflab/bpflab/vms"
)

// fakeMachine holds as many bytes as it says, and does nothing else.
type fakeMachine struct {
	vms.Machine
	holds int64
}

func (m *fakeMachine) Memory() int64 { return m.holds }

// The tests of the admission run on synctest's clock, on a host of 1600 MiB, of
// which room is available (100 MiB are never given away).
func testAdmission(t *testing.T, l limits, room int64, test func(t *testing.T, g *admission, room *int64)) {
	synctest.Test(t, func(t *testing.T) {
		room := room + 100*mib
		g := newAdmission(l, func() Memory { return Memory{room, 1600 * mib} })
		defer g.keep()()
		test(t, g, &room)
	})
}

func mustEnter(t *testing.T, g *admission, k class) *Slot {
	t.Helper()
	s, err := g.enter(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// entered returns how long it takes to get a slot. It is of no class that anyone
// else has, so that it teaches nothing.
func entered(t *testing.T, g *admission) time.Duration {
	t.Helper()
	began := time.Now()
	mustEnter(t, g, other).leave()
	return time.Since(began)
}

func TestAdmissionWaitsForAPlace(t *testing.T) {
	testAdmission(t, limits{jobs: 1}, gib, func(t *testing.T, g *admission, _ *int64) {
		first := mustEnter(t, g, small)
		time.AfterFunc(1100*time.Millisecond, func() { first.leave() })
		if took := entered(t, g); took != 1100*time.Millisecond {
			t.Errorf("a slot after %v, want it at once when the other is left", took)
		}
	})
}

func TestAdmissionWaitsForMemoryThatOthersHold(t *testing.T) {
	testAdmission(t, limits{jobs: 8}, 640*mib-1, func(t *testing.T, g *admission, room *int64) {
		mustEnter(t, g, small)
		time.AfterFunc(1100*time.Millisecond, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			*room++
		})
		if took := entered(t, g); took < 1100*time.Millisecond || took > 1100*time.Millisecond+sampling {
			t.Errorf("a slot after %v, want it soon after 1.1 s", took)
		}
	})
}

func TestAdmissionMeasuresMachines(t *testing.T) {
	testAdmission(t, limits{jobs: 8}, 440*mib, func(t *testing.T, g *admission, _ *int64) {
		s := mustEnter(t, g, small)
		s.watch(&fakeMachine{holds: 200 * mib}) // 120 MiB are to come
		defer s.unwatch()
		if took := entered(t, g); took == 0 || took > sampling {
			t.Errorf("a slot after %v, want it with the first measurement", took)
		}
	})
}

func TestAdmissionLearnsFromTheLastLook(t *testing.T) {
	testAdmission(t, limits{jobs: 8}, 0, func(t *testing.T, g *admission, _ *int64) {
		machine := &fakeMachine{holds: 40 * mib}
		s := mustEnter(t, g, small)
		s.watch(machine)
		s.unwatch()
		machine.holds = gib // what it holds once it is let go does not count
		s.worked = true
		s.leave()
		if got := g.accounting.need(small); got != 66*mib {
			t.Errorf("its class needs %d MiB, want 66", got/mib)
		}
	})
}

func TestAdmissionOfAnotherAttemptMeasuresAnotherMachine(t *testing.T) {
	testAdmission(t, limits{jobs: 8}, 0, func(t *testing.T, g *admission, _ *int64) {
		s := mustEnter(t, g, small)
		for _, holds := range []int64{80 * mib, 0} {
			s.watch(&fakeMachine{holds: holds})
			s.unwatch()
		}
		s.worked = true
		s.leave()
		if got := g.accounting.need(small); got != 320*mib {
			t.Errorf("its class needs %d MiB, want all: the second machine was not measured", got/mib)
		}
	})
}

func TestAdmissionGivesUpWithTheContext(t *testing.T) {
	testAdmission(t, limits{jobs: 1}, gib, func(t *testing.T, g *admission, _ *int64) {
		first := mustEnter(t, g, small)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := g.enter(ctx, small); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
		first.leave()
		if took := entered(t, g); took != 0 {
			t.Errorf("the next waits for %v", took)
		}
	})
}

func TestAdmissionOfAContextThatEnded(t *testing.T) {
	testAdmission(t, limits{jobs: 1}, gib, func(t *testing.T, g *admission, _ *int64) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.enter(ctx, small); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
	})
}
