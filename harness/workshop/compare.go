package workshop

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Compare runs a step with the student's code on another kernel of the workshop, in a
// machine of its own that ends afterwards. It stores nothing. It returns an error if
// the kernel or the step is unknown; all other failures are in the report.
func (ws *Workspace) Compare(ctx context.Context, kernel, step string) (*Report, error) {
	ws.touch()
	st := ws.Lesson.step(step)
	if st == nil {
		return nil, ws.noStep(step)
	}
	if !slices.Contains(ws.workshop.Kernels.Names(), kernel) {
		return nil, fmt.Errorf("this workshop has no kernel %q", kernel)
	}
	began := time.Now()
	a := &attempt{workspace: ws, step: *st, code: []byte(ws.Code().Text), report: Report{Step: step, Kernel: kernel, Verdict: verdict.Fail}}
	a.inNewMachine(ctx, kernel)
	a.report.finish(a.code, began)
	return &a.report, ctx.Err()
}

// inNewMachine does the attempt in a machine of its own.
func (a *attempt) inNewMachine(ctx context.Context, kernel string) {
	ws := a.workspace
	if ws.student.timeUp(time.Now()) {
		a.failed(StageMachine, ErrTimeUp)
		return
	}
	defer ws.setBusy("")
	if err := ws.student.jobs.acquire(ctx, ws.setWaiting); err != nil {
		a.failed(StageMachine, err)
		return
	}
	defer ws.student.jobs.release()
	object, ok := a.build(ctx)
	if !ok {
		return
	}
	m, err := ws.start(ctx, kernel)
	if err != nil {
		a.failed(StageMachine, err)
		return
	}
	defer m.end()
	m.setUp(ctx)
	a.ended(m, a.inTurn(ctx, m, object))
}
