package run

import (
	"context"
	"io/fs"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
)

// Builder compiles the C of labs; *build.Builder is one.
type Builder interface {
	Object(context.Context, build.Source) (build.Object, error)
	Program(context.Context, build.Source) (build.Object, error)
}

// Tree is where a lab's document and its C files lie.
type Tree struct {
	FS   fs.FS
	Root string // directory that FS stands for, "" if embedded
}

// Options says with what to run.
type Options struct {
	Provider vms.Provider
	Builder  Builder
	Tree     func(*lab.Lab) Tree
	Agent    string              // path of the guest agent's binary
	Dir      string              // the result directory, which exists
	Limits   Limits              // how much may run side by side
	Retries  int                 // further attempts after infra
	Cold     bool                // boot, never fork
	Starter  bool                // use the labs' starters instead of their solutions
	OnEvent  func(verdict.Event) // called from one goroutine at a time; may be nil

	// OnFail is called when a step did not pass, in its machine, while what the step
	// has loaded and attached is still there; may be nil.
	OnFail func(context.Context, *session.Session, plan.Cell, verdict.Step) error
}

// Run executes all cells and returns their records in the plan's order, which
// is also the order they start in. It returns early only when ctx ends: cells
// that did not end by then are infra, "interrupted".
func Run(ctx context.Context, cells []plan.Cell, opts Options) []verdict.Cell {
	return newRunner(opts, opts.Limits.meter()).run(ctx, cells)
}

type runner struct {
	Options
	gate *gate
	mu   sync.Mutex // one event at a time

	building sync.Mutex // for made
	made     map[source]func() (build.Object, error)
}

func newRunner(opts Options, host meter) *runner {
	return &runner{Options: opts, gate: newGate(opts.Limits, host), made: map[source]func() (build.Object, error){}}
}

func (r *runner) run(ctx context.Context, cells []plan.Cell) []verdict.Cell {
	defer r.gate.keep()()
	done := make([]verdict.Cell, len(cells))
	began := time.Now()
	var group errgroup.Group
	for i, cell := range cells {
		r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseWait, Attempt: 1})
		seat, err := r.gate.enter(ctx, kind{cell.Lab.Name, cell.Kernel.SHA256, cell.Memory})
		wait := since(began)
		group.Go(func() error {
			if err == nil {
				done[i] = r.cell(ctx, cell, seat, wait)
				seat.leave(done[i].Verdict != verdict.Infra)
			} else {
				done[i] = r.record(cell)
				done[i].Verdict, done[i].Reason = verdict.Infra, interrupted
			}
			r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseDone, Cell: &done[i]})
			return nil
		})
	}
	group.Wait()
	return done
}

func (r *runner) event(e verdict.Event) {
	if r.OnEvent == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.OnEvent(e)
}

// cell runs one cell in its seat, again while it is infra and retries are
// left. wait is how long it waited for the seat, in seconds.
func (r *runner) cell(ctx context.Context, cell plan.Cell, seat *seat, wait float64) verdict.Cell {
	out := r.record(cell)
	out.Durations.Wait = wait
	r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseBuild, Attempt: 1})
	objects, seconds, err := r.objects(ctx, cell)
	out.Durations.Build = seconds
	if err != nil {
		out.Verdict, out.Reason = verdict.Fail, err.Error()
		if ctx.Err() != nil {
			out.Verdict, out.Reason = verdict.Infra, interrupted
		}
		return out
	}
	out.Object, out.Warnings = objects.digest, append(out.Warnings, objects.warnings...)
	for n := 1; ; n++ {
		r.attempt(ctx, cell, seat, objects, n, &out)
		out.Attempts = append(out.Attempts, verdict.Attempt{Verdict: out.Verdict, Reason: out.Reason, Where: out.Where, Console: out.Console, Durations: out.Durations})
		if out.Verdict != verdict.Infra || n > r.Retries || ctx.Err() != nil {
			return out
		}
	}
}

const interrupted = "interrupted"

// record is a cell's record before anything has run.
func (r *runner) record(cell plan.Cell) verdict.Cell {
	k := cell.Kernel
	out := verdict.Cell{
		Lab:       cell.Lab.Name,
		LabSHA256: cell.Lab.SHA256,
		Provider:  r.Provider.Name(),
		Steps:     []verdict.Step{},
		Attempts:  []verdict.Attempt{},
		Kernel: verdict.Kernel{Selector: k.Selector, Source: k.Source, Package: k.Package,
			Version: k.PkgVer, SHA256: k.SHA256},
	}
	if k.Warning != "" {
		out.Warnings = append(out.Warnings, k.Warning)
	}
	return out
}

// since is the time from then to now, in seconds.
func since(then time.Time) float64 { return time.Since(then).Seconds() }
