package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/scheduler"
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

// Options configures a run.
type Options struct {
	Pool    *scheduler.Pool
	Builder Builder
	Tree    func(*lab.Lab) Tree
	Starter bool                // use the labs' starters instead of their solutions
	Times   bool                // count how often and how long programs run
	OnEvent func(verdict.Event) // called from one goroutine at a time; may be nil

	// OnFail is called when a step did not pass, in its machine, while what the step
	// has loaded and attached is still there; may be nil.
	OnFail func(context.Context, *session.Session, plan.Cell, verdict.Step) error
}

// Run executes all cells and returns their records in the plan's order, which
// is also the order they start in. It returns early only when ctx ends: cells
// that did not end by then are infra, "interrupted".
func Run(ctx context.Context, cells []plan.Cell, opts Options) []verdict.Cell {
	r := &runner{Options: opts, made: map[source]func() (build.Object, error){}}
	var tasks []scheduler.Task
	for _, cell := range cells {
		r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseWait, Attempt: 1})
		tasks = append(tasks, task(cell))
	}
	done := make([]verdict.Cell, len(cells))
	fuzzed := make([][]session.Fuzzed, len(cells))
	r.Pool.Each(ctx, tasks, func(i int, slot *scheduler.Slot) {
		done[i] = r.cell(ctx, cells[i], slot, &fuzzed[i])
		r.event(verdict.Event{Index: cells[i].Index, Phase: verdict.PhaseDone, Cell: &done[i]})
	})
	for _, i := range compareFuzzed(cells, done, fuzzed) {
		r.event(verdict.Event{Index: cells[i].Index, Phase: verdict.PhaseDone, Cell: &done[i]})
	}
	return done
}

// compareFuzzed compares what labs made of the packets of fuzz on their kernels, and returns
// the indexes of the cells that failed for that.
func compareFuzzed(cells []plan.Cell, done []verdict.Cell, fuzzed [][]session.Fuzzed) (changed []int) {
	byLab := map[*lab.Lab][]int{}
	for i := range cells {
		if len(fuzzed[i]) > 0 {
			byLab[cells[i].Lab] = append(byLab[cells[i].Lab], i)
		}
	}
	for l, at := range byLab {
		var all []session.FuzzedOn
		for _, i := range at {
			all = append(all, session.FuzzedOn{Kernel: cells[i].Kernel.Selector, Fuzzed: fuzzed[i], Cell: &done[i], Again: "bpflab run " + l.Name + " --kernel %s"})
		}
		for _, n := range session.CompareFuzzed(all) {
			changed = append(changed, at[n])
		}
	}
	return changed
}

type runner struct {
	Options
	mu sync.Mutex // one event at a time

	building sync.Mutex // for made
	made     map[source]func() (build.Object, error)
}

// task asks for a machine for a cell.
func task(cell plan.Cell) scheduler.Task {
	return scheduler.Task{
		Class:   cell.Lab.Name,
		Machine: vms.Spec{Kernel: cell.Kernel, Memory: cell.Memory, CPUs: cell.CPUs, Modules: cell.Lab.Modules, LSM: cell.Lab.LSM},
		Dir: func(n int) string {
			return filepath.Join("cells", cellDir(cell), fmt.Sprintf("attempt-%d", n))
		},
	}
}

// cellDir returns a name that every file system and every store of artifacts takes,
// which "local:mine" and "6.1/generic" are not.
func cellDir(cell plan.Cell) string {
	series := strings.NewReplacer(":", "-", "/", "-").Replace(cell.Kernel.Series)
	return fmt.Sprintf("%03d-%s-%s", cell.Index, cell.Lab.Name, series)
}

func (r *runner) event(e verdict.Event) {
	if r.OnEvent == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.OnEvent(e)
}

// cell runs one cell in its slot, which is nil where ctx ended before there was one.
func (r *runner) cell(ctx context.Context, cell plan.Cell, slot *scheduler.Slot, fuzzed *[]session.Fuzzed) verdict.Cell {
	out := r.record(cell)
	if slot == nil {
		out.Verdict, out.Reason = verdict.Infra, verdict.Interrupted
		return out
	}
	out.Durations.Wait = slot.Wait
	r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseBuild, Attempt: 1})
	objects, seconds, err := r.objects(ctx, cell)
	out.Durations.Build = seconds
	if err != nil {
		out.Verdict, out.Reason = verdict.Fail, err.Error()
		switch {
		case ctx.Err() != nil:
			out.Verdict, out.Reason = verdict.Infra, verdict.Interrupted
		case build.OfHost(err):
			out.Verdict = verdict.Infra
		case errors.As(err, new(*build.LinkerError)):
			out.Verdict = verdict.Unsupported
		}
		return out
	}
	out.Object, out.Warnings = objects.digest, append(out.Warnings, objects.warnings...)
	a := &attempt{runner: r, cell: cell, objects: objects, out: &out, fuzzed: fuzzed}
	a.begin()
	slot.Do(ctx, a.use, func(m scheduler.Attempt, again bool) { a.end(ctx, m, again) })
	return out
}

// record returns a cell's record before anything has run.
func (r *runner) record(cell plan.Cell) verdict.Cell {
	k := cell.Kernel
	out := verdict.Cell{
		Lab:       cell.Lab.Name,
		LabSHA256: cell.Lab.SHA256,
		Provider:  r.Pool.Provider.Name(),
		Steps:     []verdict.Step{},
		Attempts:  []verdict.Attempt{},
		Kernel:    session.KernelOf(k),
	}
	out.Kernel.Release = "" // until the guest says it
	if k.Warning != "" {
		out.Warnings = append(out.Warnings, k.Warning)
	}
	return out
}

// since returns the time from then to now, in seconds.
func since(then time.Time) float64 { return time.Since(then).Seconds() }
