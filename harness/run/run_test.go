package run

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// failing builds nothing: most labs here load nothing.
type failing struct{ err error }

func (f failing) Object(context.Context, build.Source) (build.Object, error) {
	return build.Object{}, f.err
}

func (f failing) Program(context.Context, build.Source) (build.Object, error) {
	return build.Object{}, f.err
}

const shellLab = `---
title: Shell
summary: Runs one command.
---

# Shell

## Do

` + "```sh\nls /\n```" + `

<!-- bpflab
checks:
  - exit: 0
-->
`

func cells(t *testing.T, n int) []plan.Cell {
	t.Helper()
	l, err := lab.ParseBytes("labs/shell/lab.md", []byte(shellLab))
	if err != nil {
		t.Fatal(err)
	}
	image := kernel.Image{Selector: "6.1", Series: "6.1", Source: "fake", SHA256: "aa", Kernel: "/does/not/exist"}
	return plan.Make([]*lab.Lab{l}, []kernel.Image{image}, plan.Options{Provider: "fake", Repeat: n}).Cells
}

func runFake(t *testing.T, ctx context.Context, p *vmstest.Fake, n int, opts scheduler.Options) []verdict.Cell {
	t.Helper()
	return runOn(t, ctx, newFakeHost(64*gib, p), cells(t, n), opts)
}

// runOn runs cells on a host, with its provider.
func runOn(t *testing.T, ctx context.Context, host *fakeHost, cells []plan.Cell, opts scheduler.Options) []verdict.Cell {
	t.Helper()
	return runWith(t, ctx, host, cells, opts, Options{})
}

// runWith runs cells on a host, with its provider and with options of the run.
func runWith(t *testing.T, ctx context.Context, host *fakeHost, cells []plan.Cell, pool scheduler.Options, opts Options) []verdict.Cell {
	t.Helper()
	p := host.provider
	pool.Provider, pool.Dir, pool.Host = p, t.TempDir(), host.memory
	opts.Pool = scheduler.New(pool)
	if opts.Builder == nil {
		opts.Builder = failing{errors.New("nothing to build")}
	}
	if p.Exec == nil {
		p.Exec = func(context.Context, int, []string) (wire.ExecResult, error) { return wire.ExecResult{}, nil }
	}
	out := Run(ctx, cells, opts)
	if left := p.Running.Load(); left != 0 {
		t.Errorf("%d machines are left running", left)
	}
	return out
}

func TestInfraIsRetriedAndKept(t *testing.T) {
	p := &vmstest.Fake{OnStart: func(n int) error {
		if n == 1 {
			return errors.New("no boot")
		}
		return nil
	}}
	c := runFake(t, t.Context(), p, 1, scheduler.Options{Retries: 1})[0]
	if c.Verdict != verdict.Pass || len(c.Attempts) != 2 {
		t.Fatalf("%s with %d attempts, want pass with 2", c.Verdict, len(c.Attempts))
	}
	if a := c.Attempts[0]; a.Verdict != verdict.Infra || !strings.Contains(a.Reason, "no boot") {
		t.Errorf("the first attempt is not kept: %+v", a)
	}
}

func TestRetriesEnd(t *testing.T) {
	p := &vmstest.Fake{OnStart: func(int) error { return errors.New("no boot") }}
	c := runFake(t, t.Context(), p, 1, scheduler.Options{Retries: 2})[0]
	if c.Verdict != verdict.Infra || len(c.Attempts) != 3 {
		t.Errorf("%s with %d attempts, want infra with 3", c.Verdict, len(c.Attempts))
	}
}

// C that does not compile is the lab's; a full disk, or no clang, is this machine's.
func TestWhoseAnErrorOfTheCompilerIs(t *testing.T) {
	for _, test := range []struct {
		err  error
		want verdict.Verdict
	}{
		{&build.CompileError{Source: "x"}, verdict.Fail},
		{&build.LimitError{Source: "x"}, verdict.Fail},
		{&build.HostError{Err: errors.New("no space left on device")}, verdict.Infra},
		{&build.ToolError{Text: "no clang"}, verdict.Infra},
	} {
		cells := cells(t, 1)
		cells[0].Lab.Target = "target.c"
		c := runWith(t, t.Context(), newFakeHost(64*gib, &vmstest.Fake{}), cells, scheduler.Options{}, Options{
			Builder: failing{test.err}, Tree: func(*lab.Lab) Tree { return Tree{FS: fstest.MapFS{}} }})[0]
		if c.Verdict != test.want || c.Reason != test.err.Error() {
			t.Errorf("%T: %s (%s), want %s", test.err, c.Verdict, c.Reason, test.want)
		}
	}
}

func TestFailureIsNotRetried(t *testing.T) {
	for name, exec := range map[string]func(context.Context, int, []string) (wire.ExecResult, error){
		"a check":      func(context.Context, int, []string) (wire.ExecResult, error) { return wire.ExecResult{Exit: 1}, nil },
		"kernel panic": func(context.Context, int, []string) (wire.ExecResult, error) { return wire.ExecResult{}, vms.ErrPanic },
	} {
		t.Run(name, func(t *testing.T) {
			c := runFake(t, t.Context(), &vmstest.Fake{Exec: exec}, 1, scheduler.Options{Retries: 3})[0]
			if c.Verdict != verdict.Fail || len(c.Attempts) != 1 {
				t.Errorf("%s (%s) with %d attempts, want fail with one", c.Verdict, c.Reason, len(c.Attempts))
			}
			if name == "kernel panic" && !strings.Contains(c.Splat, "Kernel panic") {
				t.Errorf("no splat: %+v", c)
			}
		})
	}
}

func TestJobsAreBounded(t *testing.T) {
	p := &vmstest.Fake{}
	out := runFake(t, t.Context(), p, 12, scheduler.Options{Jobs: 3, Memory: 64 << 30})
	if len(out) != 12 || p.Most.Load() > 3 {
		t.Errorf("%d cells, %d machines at once; want 12 and at most 3", len(out), p.Most.Load())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	p := &vmstest.Fake{}
	runFake(t, t.Context(), p, 6, scheduler.Options{Jobs: 6, Memory: 2*(320*mib) + 1})
	if p.Most.Load() > 2 {
		t.Errorf("%d machines at once, there is memory for 2", p.Most.Load())
	}
}

func TestInterruptEndsEveryCell(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var calls atomic.Int32
	p := &vmstest.Fake{Exec: func(ctx context.Context, _ int, _ []string) (wire.ExecResult, error) {
		if calls.Add(1) == 2 {
			cancel()
		}
		<-ctx.Done()
		return wire.ExecResult{}, ctx.Err()
	}}
	for i, c := range runFake(t, ctx, p, 8, scheduler.Options{Jobs: 2, Retries: 5}) {
		if c.Verdict != verdict.Infra || c.Reason != verdict.Interrupted {
			t.Errorf("cell %d: %s, %q; want infra, interrupted", i, c.Verdict, c.Reason)
		}
	}
}

func TestEventsEndWithTheRecord(t *testing.T) {
	var phases []string
	opts := Options{OnEvent: func(e verdict.Event) {
		phases = append(phases, string(e.Phase)+e.Step)
		if (e.Phase == verdict.PhaseDone) != (e.Cell != nil) {
			t.Errorf("event %+v", e)
		}
	}}
	p := &vmstest.Fake{}
	runWith(t, t.Context(), newFakeHost(64*gib, p), cells(t, 1), scheduler.Options{}, opts)
	if got := strings.Join(phases, " "); got != "wait build start stepdo done" {
		t.Errorf("events %q", got)
	}
}

func TestNotesOfEveryAttemptAreKept(t *testing.T) {
	p := &vmstest.Fake{Notes: []string{"a fake note"}, Exec: func(_ context.Context, n int, _ []string) (wire.ExecResult, error) {
		if n == 1 {
			return wire.ExecResult{}, vms.ErrGone
		}
		return wire.ExecResult{}, nil
	}}
	c := runFake(t, t.Context(), p, 1, scheduler.Options{Retries: 1})[0]
	if len(c.Attempts) != 2 || strings.Join(c.Warnings, ", ") != "a fake note, a fake note" {
		t.Errorf("warnings %q after %d attempts, want one of each of two", c.Warnings, len(c.Attempts))
	}
}

func TestForkThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &vmstest.Fake{Forks: true, DeadForks: true}
		done := runFake(t, t.Context(), p, 1, scheduler.Options{})
		c := done[0]
		if c.Verdict != verdict.Pass || c.StartKind != "boot" || len(c.Attempts) != 1 {
			t.Errorf("verdict %s of a %s after %d attempts, want a pass of a boot after one", c.Verdict, c.StartKind, len(c.Attempts))
		}
		if p.Rejected.Load() != 1 || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "its template is dropped") {
			t.Errorf("%d forks rejected, warnings %q", p.Rejected.Load(), c.Warnings)
		}
	})
}

func TestForksAndBoots(t *testing.T) {
	for _, cold := range []bool{false, true} {
		p := &vmstest.Fake{Forks: true}
		want := map[bool]string{false: "fork", true: "boot"}[cold]
		if c := runFake(t, t.Context(), p, 1, scheduler.Options{Cold: cold})[0]; c.Verdict != verdict.Pass || c.StartKind != want {
			t.Errorf("cold %v: verdict %s of a %s, want a pass of a %s", cold, c.Verdict, c.StartKind, want)
		}
	}
}
