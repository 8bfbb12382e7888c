package run

import (
	"context"
	"errors"

	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
)

// attempt is a cell in one machine after the other.
type attempt struct {
	*runner
	cell    plan.Cell
	objects objects
	out     *verdict.Cell
	fuzzed  *[]session.Fuzzed // to be compared between kernels
	number  int               // from 1
}

// begin prepares the record for the next machine.
func (a *attempt) begin() {
	a.number++
	a.out.Durations = verdict.Durations{Wait: a.out.Durations.Wait, Build: a.out.Durations.Build}
	a.out.Steps, a.out.Splat = []verdict.Step{}, ""
	a.event(verdict.Event{Index: a.cell.Index, Phase: verdict.PhaseStart, Attempt: a.number})
}

// use does the lab in a machine and writes into the record what came of it. The error
// is the machine's.
func (a *attempt) use(ctx context.Context, m *scheduler.Attempt) error {
	s := m.Session
	a.out.Kernel.Release, a.out.BootID = s.Ready.Release, s.Ready.BootID
	res := s.Run(ctx, session.Job{Lab: a.cell.Lab, Kernel: a.cell.Kernel, Objects: a.objects.bytes, RunTimes: a.Times,
		OnStep: func(name string) {
			a.event(verdict.Event{Index: a.cell.Index, Phase: verdict.PhaseStep, Step: name, Attempt: a.number})
		},
		OnSend: func(sent, size int64) {
			a.event(verdict.Event{Index: a.cell.Index, Phase: verdict.PhaseSend, Sent: sent, Size: size, Attempt: a.number})
		},
		OnJudged: func(step verdict.Step) error {
			if a.OnFail == nil || step.Verdict == verdict.Pass {
				return nil
			}
			return a.OnFail(ctx, s, a.cell, step)
		}})
	*a.fuzzed = res.Fuzzed
	a.out.Warnings = append(a.out.Warnings, res.Notes...)
	a.out.Verdict, a.out.Reason, a.out.Splat = res.Verdict, res.Reason, res.Splat
	a.out.Steps = append(a.out.Steps, res.Steps...)
	a.out.Durations.Load, a.out.Durations.Run = res.Load, res.Run
	return res.Err
}

// end notes what there is to know of a machine that is gone.
func (a *attempt) end(ctx context.Context, m scheduler.Attempt, again bool) {
	out := a.out
	out.StartKind, out.Where, out.Console = m.Machine.StartKind, m.Machine.Where, m.Console
	out.Durations.Start = m.Start
	out.Hypervisor = verdict.Hypervisor(m.Machine.Hypervisor).Known()
	out.Warnings = append(out.Warnings, m.Notes...)
	if m.Session != nil {
		out.Kernel.Release, out.BootID = m.Session.Ready.Release, m.Session.Ready.BootID
	}
	if m.Err != nil {
		out.Verdict, out.Reason, out.Splat = session.VerdictOf(m.Err), reason(ctx, m.Err), splat(m.Err)
	}
	out.Attempts = append(out.Attempts, verdict.Attempt{Verdict: out.Verdict, Reason: out.Reason, Where: out.Where, Accelerator: m.Machine.Hypervisor.Accelerator, Console: out.Console, Durations: out.Durations})
	if again {
		a.begin()
	}
}

func reason(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return verdict.Interrupted
	}
	return err.Error()
}

func splat(err error) string {
	var crash *vms.Crash
	if errors.As(err, &crash) {
		return crash.Splat
	}
	return ""
}
