package workshop

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Compare does a step with the student's code on another kernel of the workshop's, in a
// machine of its own that ends then. Nothing of it is kept. The error is an unknown
// kernel or step; everything else that goes wrong is in the report.
func (d *Desk) Compare(ctx context.Context, kernel, step string) (*Report, error) {
	d.touch()
	st := d.Lesson.step(step)
	if st == nil {
		return nil, d.noStep(step)
	}
	if !slices.Contains(d.shop.Kernels.Names(), kernel) {
		return nil, fmt.Errorf("this workshop has no kernel %q", kernel)
	}
	began := time.Now()
	a := &attempt{desk: d, step: *st, code: []byte(d.Code().Text), report: Report{Step: step, Kernel: kernel, Verdict: verdict.Fail}}
	a.elsewhere(ctx, kernel)
	a.report.Seconds = time.Since(began).Seconds()
	a.report.whole()
	return &a.report, ctx.Err()
}

// elsewhere does the attempt in a machine of its own.
func (a *attempt) elsewhere(ctx context.Context, kernel string) {
	d := a.desk
	if d.student.timeUp(time.Now()) {
		a.failed(StageMachine, ErrTimeUp)
		return
	}
	release, err := hold(ctx, d.student.comparing)
	if err != nil {
		a.failed(StageMachine, err)
		return
	}
	defer release()
	if err := d.shop.work.Acquire(ctx, 1); err != nil {
		a.failed(StageMachine, err)
		return
	}
	defer d.shop.work.Release(1)
	defer d.setBusy("")
	object, ok := a.build(ctx)
	if !ok {
		return
	}
	d.setBusy(BusyStarting)
	m, err := d.shop.start(ctx, d.student.ID, d.Lesson, kernel)
	if err != nil {
		a.failed(StageMachine, err)
		return
	}
	defer m.end()
	m.setUp(ctx)
	d.setBusy(BusyChecking)
	a.ended(m, a.do(ctx, m, object))
}
