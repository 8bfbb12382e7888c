package run

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// These runs are whole, on fake machines and synctest's clock, which also
// fails a test that leaves a goroutine behind.

// lasting returns an exec that takes so long and calls at, if any, in the middle.
func lasting(d time.Duration, at func(n int)) func(context.Context, int, []string) (wire.ExecResult, error) {
	return func(ctx context.Context, n int, _ []string) (wire.ExecResult, error) {
		middle := time.AfterFunc(d/2, func() {
			if at != nil {
				at(n)
			}
		})
		defer middle.Stop()
		select {
		case <-time.After(d):
			return wire.ExecResult{}, nil
		case <-ctx.Done():
			return wire.ExecResult{}, ctx.Err()
		}
	}
}

func constant(bytes int64) func(int, time.Duration) int64 {
	return func(int, time.Duration) int64 { return bytes }
}

// sized returns cells whose guests have these sizes.
func sized(t *testing.T, sizes ...int64) []plan.Cell {
	t.Helper()
	out := cells(t, len(sizes))
	for i := range out {
		out[i].Memory = sizes[i]
	}
	return out
}

func wantAllPass(t *testing.T, out []verdict.Cell) {
	t.Helper()
	for i, c := range out {
		if c.Verdict != verdict.Pass || len(c.Attempts) != 1 {
			t.Errorf("cell %d: %s (%s) after %d attempts", i, c.Verdict, c.Reason, len(c.Attempts))
		}
	}
}

func TestFlatMachinesAreLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var atFirst int32
		p := &vmstest.Fake{Holds: constant(40 * mib)}
		p.Exec = lasting(10*time.Second, func(n int) {
			if n == 1 {
				atFirst = p.Most.Load()
			}
		})
		host := newFakeHost(2*gib, p)
		wantAllPass(t, runOn(t, t.Context(), host, cells(t, 64), scheduler.Options{Jobs: 16}))
		// 1920 MiB: six of 320 that are not known yet, and more than 16 of 66.
		if most := p.Most.Load(); atFirst != 6 || most != 16 {
			t.Errorf("%d machines at first and %d in the end, want 6 and 16", atFirst, most)
		}
	})
}

// What holds little until its work begins must not be taken for small.
func TestLateMachinesDoNotOvercommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &vmstest.Fake{Exec: lasting(30*time.Second, nil), Holds: func(_ int, age time.Duration) int64 {
			if age < 20*time.Second {
				return 50 * mib
			}
			return 2 * gib
		}}
		host := newFakeHost(8*gib, p)
		out := runOn(t, t.Context(), host, sized(t, slices.Repeat([]int64{3 * gib}, 8)...), scheduler.Options{Jobs: 8})
		wantAllPass(t, out)
		if p.Most.Load() != 2 || host.least < host.total/16 {
			t.Errorf("%d machines at once and %d MiB left, want 2 and at least the reserve", p.Most.Load(), host.least/mib)
		}
	})
}

func TestPressureFromOutsideOnlyDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		tight := func() bool { return time.Since(began) < 30500*time.Millisecond }
		p := &vmstest.Fake{Holds: constant(40 * mib)}
		p.Exec = lasting(time.Second, func(n int) {
			if now := p.Running.Load(); tight() && now != 1 {
				t.Errorf("machine %d is one of %d, there is memory for one", n, now)
			}
		})
		host := newFakeHost(2*gib, p)
		host.others = func() int64 {
			if tight() {
				return host.total - 100*mib
			}
			return 0
		}
		wantAllPass(t, runOn(t, t.Context(), host, cells(t, 64), scheduler.Options{Jobs: 8}))
		if most := p.Most.Load(); most != 8 {
			t.Errorf("at most %d machines at once after the pressure, want 8", most)
		}
	})
}

// What other programs give back is seen while a machine runs on and on.
func TestPressureEndsBeforeTheCell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p := &vmstest.Fake{Holds: constant(40 * mib), Exec: lasting(50*time.Second, nil)}
		host := newFakeHost(2*gib, p)
		host.others = func() int64 {
			if time.Since(began) < 10*time.Second {
				return host.total
			}
			return 0
		}
		out := runOn(t, t.Context(), host, cells(t, 2), scheduler.Options{Jobs: 8})
		wantAllPass(t, out)
		if wait := out[1].Durations.Wait; wait < 10 || wait > 10.25 {
			t.Errorf("the second cell waited %v s, want 10 or a little more", wait)
		}
	})
}

func TestTheLargestRunsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &vmstest.Fake{Holds: constant(40 * mib)}
		p.Exec = lasting(time.Second, func(n int) {
			if now := p.Running.Load(); n == 3 && now != 1 {
				t.Errorf("the large machine is one of %d", now)
			}
		})
		sizes := []int64{256 * mib, 256 * mib, 3 * gib, 256 * mib, 256 * mib}
		out := runOn(t, t.Context(), newFakeHost(2*gib, p), sized(t, sizes...), scheduler.Options{Jobs: 8})
		wantAllPass(t, out)
		if p.Most.Load() != 2 {
			t.Errorf("%d machines at once, want the small ones by twos", p.Most.Load())
		}
	})
}

// Small cells that would fit do not pass a large one that waits.
func TestCellsStartInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &vmstest.Fake{Holds: constant(40 * mib), Exec: lasting(time.Second, nil)}
		var sizes []int64
		for i := range 40 {
			sizes = append(sizes, []int64{256 * mib, 1 * gib, 128 * mib, 3 * gib}[i%4])
		}
		out := runOn(t, t.Context(), newFakeHost(2*gib, p), sized(t, sizes...), scheduler.Options{Jobs: 8})
		wantAllPass(t, out)
		if !slices.IsSortedFunc(out, func(a, b verdict.Cell) int {
			return cmp.Compare(a.Durations.Wait, b.Durations.Wait)
		}) {
			t.Error("a cell waited less than one before it")
		}
		if out[len(out)-1].Durations.Wait < 1 {
			t.Error("the last cell did not wait: nothing was tested")
		}
	})
}

func TestManyCells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &vmstest.Fake{Holds: constant(40 * mib), Exec: lasting(time.Second, nil)}
		out := runOn(t, t.Context(), newFakeHost(64*gib, p), cells(t, 256), scheduler.Options{Jobs: 64})
		wantAllPass(t, out)
		if len(out) != 256 || p.Most.Load() != 64 {
			t.Errorf("%d cells, %d machines at once; want 256 and 64", len(out), p.Most.Load())
		}
	})
}

func TestInterruptWhileWaitingForMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		p := &vmstest.Fake{Holds: constant(40 * mib), Exec: lasting(time.Minute, nil)}
		out := runOn(t, ctx, newFakeHost(2*gib, p), sized(t, 256*mib, 3*gib, 256*mib), scheduler.Options{Jobs: 8})
		for i, c := range out {
			if c.Verdict != verdict.Infra || c.Reason != verdict.Interrupted {
				t.Errorf("cell %d: %s, %q; want infra, interrupted", i, c.Verdict, c.Reason)
			}
		}
		if p.Started.Load() != 1 {
			t.Errorf("%d machines started, want the first alone", p.Started.Load())
		}
	})
}
