package command

import (
	"context"
	"errors"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/verdict"
)

// Group is jobs that share a machine, done in their order. A machine that ended, or that a job
// left useless, is replaced for the jobs after it.
type Group struct {
	Task scheduler.Task
	Jobs []Job // without tasks
}

// errSpent is why a job's machine is not used for the next one.
var errSpent = errors.New("the job before left the machine useless")

// Groups does all jobs in the pool's machines, a machine for each group, and returns their
// records by group and job.
func Groups(ctx context.Context, pool *scheduler.Pool, groups []Group) [][]verdict.Cell {
	out := make([][]verdict.Cell, len(groups))
	var tasks []scheduler.Task
	for _, g := range groups {
		tasks = append(tasks, g.Task)
	}
	pool.Each(ctx, tasks, func(i int, slot *scheduler.Slot) {
		out[i] = groups[i].cells(ctx, pool, slot)
	})
	return out
}

// cells does the group's jobs in its slot, which is nil where ctx ended before there was one.
func (g Group) cells(ctx context.Context, pool *scheduler.Pool, slot *scheduler.Slot) []verdict.Cell {
	w := &groupWork{jobs: g.Jobs}
	for _, j := range g.Jobs {
		j.Task = g.Task
		cell := j.record(pool)
		cell.Verdict, cell.Reason = verdict.Infra, verdict.Interrupted
		w.cells = append(w.cells, cell)
	}
	for slot != nil && ctx.Err() == nil && w.next < len(w.jobs) {
		w.do(ctx, slot)
	}
	return w.cells
}

// groupWork is a group while it is done.
type groupWork struct {
	jobs  []Job
	cells []verdict.Cell
	first int // job of the machine that is used now
	next  int // job that is done now, or comes next
	none  bool
}

// do does the jobs that are left, until one of them, or all machines, failed for good.
func (w *groupWork) do(ctx context.Context, slot *scheduler.Slot) {
	w.first = w.next
	err := slot.Do(ctx, func(ctx context.Context, a *scheduler.Attempt) error { return w.use(ctx, a) }, func(a scheduler.Attempt, _ bool) { w.ended(ctx, a) })
	if err == nil {
		return
	}
	w.next++
	for ; w.none && w.next < len(w.jobs); w.next++ { // no machine starts: it would not for the others either
		w.cells[w.next].Verdict, w.cells[w.next].Reason = w.cells[w.first].Verdict, w.cells[w.first].Reason
	}
}

// use does jobs in a machine, as long as it is of use.
func (w *groupWork) use(ctx context.Context, a *scheduler.Attempt) error {
	for w.next < len(w.jobs) {
		cell := &w.cells[w.next]
		if err := w.jobs[w.next].use(ctx, a, cell); err != nil {
			return err
		}
		w.next++
		if cell.Verdict == verdict.Timeout || a.Session.Why() != nil {
			break
		}
	}
	if w.next < len(w.jobs) {
		return scheduler.Another(errSpent)
	}
	return nil
}

// ended notes in the records of its jobs what there is to know of a machine that is gone. Its
// start counts for the first of them.
func (w *groupWork) ended(ctx context.Context, a scheduler.Attempt) {
	w.none = a.Session == nil
	failed := a.Err != nil && !errors.Is(a.Err, errSpent)
	own := a
	own.Err = nil
	for ; w.first < w.next; w.first++ {
		end(ctx, own, &w.cells[w.first])
		own.Start, own.Notes = 0, nil
	}
	if failed {
		end(ctx, a, &w.cells[w.next])
	}
}
