package command

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
)

// Job is a command, or a package's tests, on one kernel.
type Job struct {
	Name string // of the record
	Task scheduler.Task

	// Do does the job in a machine and writes the outcome into the record. An error is
	// the machine's; the pool then tries the job in another one, as often as it retries,
	// unless the job has [Begun].
	Do func(context.Context, *scheduler.Attempt, *verdict.Cell) error

	// Done is called with the finished record; may be nil.
	Done func(verdict.Cell)
}

// Cells does all jobs in the pool's machines and returns their records, in order. A job
// whose machine could not be started, or failed, is infra.
func Cells(ctx context.Context, pool *scheduler.Pool, jobs []Job) []verdict.Cell {
	cells := make([]verdict.Cell, len(jobs))
	var tasks []scheduler.Task
	for _, j := range jobs {
		tasks = append(tasks, j.Task)
	}
	pool.Each(ctx, tasks, func(i int, slot *scheduler.Slot) {
		cells[i] = jobs[i].cell(ctx, pool, slot)
		if jobs[i].Done != nil {
			jobs[i].Done(cells[i])
		}
	})
	return cells
}

// cell does a job in its slot, which is nil where ctx ended before there was one.
func (j Job) cell(ctx context.Context, pool *scheduler.Pool, slot *scheduler.Slot) verdict.Cell {
	cell := j.record(pool)
	if slot == nil {
		cell.Verdict, cell.Reason = verdict.Infra, verdict.Interrupted
		return cell
	}
	cell.Durations.Wait = slot.Wait
	slot.Do(ctx, func(ctx context.Context, a *scheduler.Attempt) error {
		return j.use(ctx, a, &cell)
	}, func(a scheduler.Attempt, _ bool) { end(ctx, a, &cell) })
	return cell
}

// record returns a job's record before anything has run.
func (j Job) record(pool *scheduler.Pool) verdict.Cell {
	k := j.Task.Machine.Kernel
	cell := verdict.Cell{Lab: j.Name, Provider: pool.Provider.Name(), Steps: []verdict.Step{}, Attempts: []verdict.Attempt{},
		Kernel: session.KernelOf(k)}
	if k.Warning != "" {
		cell.Warnings = []string{k.Warning}
	}
	return cell
}

// use does the job in a machine. A job that has begun is not done again: if its machine
// fails, the record is infra, and use returns no error.
func (j Job) use(ctx context.Context, a *scheduler.Attempt, cell *verdict.Cell) error {
	cell.Kernel.Release, cell.BootID = a.Session.Ready.Release, a.Session.Ready.BootID
	cell.Verdict, cell.Reason, cell.Splat, cell.Steps = verdict.Pass, "", "", []verdict.Step{}
	began := time.Now()
	err := j.Do(ctx, a, cell)
	judgeConsole(a.Session, cell)
	cell.Durations.Run = time.Since(began).Seconds()
	var ran *begun
	if errors.As(err, &ran) {
		infra(ctx, err, cell)
		return nil
	}
	return err
}

// consoleStep is the step that fails when all others pass and the kernel reported an error.
const consoleStep = "(the kernel's console)"

// judgeConsole makes a failure of a record during which the kernel reported an error.
func judgeConsole(s *session.Session, cell *verdict.Cell) {
	splats := s.LastSplats(nil)
	cell.Warnings = append(cell.Warnings, splats.Allowed...)
	if cell.Splat != "" || splats.Unexpected == "" {
		return
	}
	cell.Splat = splats.Unexpected
	if cell.Verdict == verdict.Pass {
		cell.Verdict, cell.Reason = verdict.Fail, splats.Reason()
		cell.Steps = append(cell.Steps, verdict.Step{Name: consoleStep, Verdict: verdict.Fail, Expected: "no report of an error", Seen: cell.Reason})
	}
}

// AllowedSplats returns the text in a record about expected reports of the kernel.
func AllowedSplats(cell verdict.Cell) []string {
	var out []string
	for _, w := range cell.Warnings {
		if strings.HasPrefix(w, session.AllowedPrefix) {
			out = append(out, w)
		}
	}
	return out
}

// end records what is known of a machine that is gone.
func end(ctx context.Context, a scheduler.Attempt, cell *verdict.Cell) {
	cell.StartKind, cell.Where, cell.Console = a.Machine.StartKind, a.Machine.Where, a.Console
	cell.Hypervisor = verdict.Hypervisor(a.Machine.Hypervisor).Known()
	cell.Warnings = append(cell.Warnings, a.Notes...)
	cell.Durations.Start = a.Start
	if a.Session != nil {
		cell.Kernel.Release, cell.BootID = a.Session.Ready.Release, a.Session.Ready.BootID
	}
	if a.Err != nil {
		infra(ctx, a.Err, cell)
	}
	cell.Attempts = append(cell.Attempts, verdict.Attempt{Verdict: cell.Verdict, Reason: cell.Reason, Where: cell.Where, Accelerator: a.Machine.Hypervisor.Accelerator, Console: cell.Console, Durations: cell.Durations})
}

// infra writes a machine's error into a record.
func infra(ctx context.Context, err error, cell *verdict.Cell) {
	cell.Verdict, cell.Reason = session.VerdictOf(err), err.Error()
	if ctx.Err() != nil {
		cell.Reason = verdict.Interrupted
	}
	var crash *vms.Crash
	if errors.As(err, &crash) {
		cell.Splat = crash.Splat
	}
}

// begun is an error that occurred after a command had begun.
type begun struct{ error }

func (e *begun) Unwrap() error { return e.error }

// Begun marks an error that occurred after a command had begun: the command is not run a
// second time. nil stays nil.
func Begun(err error) error {
	if err == nil {
		return nil
	}
	return &begun{err}
}

// Note writes an outcome into a record, as its verdict and its reason.
func (o Outcome) Note(cell *verdict.Cell) {
	cell.Verdict, cell.Reason = o.verdict(), ""
	if !o.OK() {
		cell.Reason = o.String()
	}
	if o.Crash != nil {
		cell.Splat = o.Crash.Splat
	}
}

func (o Outcome) verdict() verdict.Verdict {
	switch {
	case o.TimedOut:
		return verdict.Timeout
	case o.OK():
		return verdict.Pass
	}
	return verdict.Fail
}
