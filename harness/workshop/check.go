package workshop

import (
	"context"
	"errors"
	"path"
	"slices"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// Check builds the student's C file and runs a step in the workspace's machine; ""
// stands for the student's current step. Subscribers receive the report too. A newer
// check cancels one that is still running, which then returns an error. All other
// failures are in the report, or in the view if the report cannot be stored.
func (ws *Workspace) Check(ctx context.Context, step string) (*Report, error) {
	ws.touch()
	if step == "" {
		step = ws.View().Step
	}
	st := ws.Lesson.step(step)
	if st == nil {
		return nil, ws.noStep(step)
	}
	began := time.Now()
	ctx, done, err := ws.lock.preempt(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	defer ws.setBusy("")
	a := &attempt{workspace: ws, step: *st, code: []byte(ws.Code().Text)}
	report := a.run(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	report.finish(a.code, began)
	ws.record(report, a.code)
	return report, nil
}

// record stores a report and sends it to the subscribers. The view says if it cannot be
// stored.
func (ws *Workspace) record(r *Report, code []byte) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p := ws.state.Steps[r.Step]
	p.Attempts++
	p.Last = r
	ws.used = time.Now()
	if r.Passed() {
		ws.recordPass(p, r, code)
	}
	ws.broker.send(Event{Report: r})
	ws.save()
}

// recordPass notes that a step passed, and keeps the C file for the server to do it again.
// A pass whose file cannot be kept does not count, and the report says so. The caller
// holds the lock.
func (ws *Workspace) recordPass(p *Progress, r *Report, code []byte) {
	if ws.workshop.Rechecks {
		if err := ws.files.keepPassed(r.Step, code); err != nil {
			r.Notes = append(r.Notes, "this does not count yet, because it could not be stored: "+err.Error()+"; check the step again")
			return
		}
	}
	now := time.Now().UTC()
	p.Passed, p.Recheck = now, nil
	if p.Done.IsZero() {
		p.Done = now
	}
}

// attempt is a check or a comparison in progress.
type attempt struct {
	workspace *Workspace
	step      lab.Step
	code      []byte
	report    Report
}

// run does the attempt once it is its turn among the student's own.
func (a *attempt) run(ctx context.Context) *Report {
	ws := a.workspace
	a.report = Report{Step: a.step.Name, Kernel: ws.workshop.Kernels.Names()[0], Verdict: verdict.Fail}
	if err := ws.student.jobs.acquire(ctx, ws.setWaiting); err != nil {
		return a.failed(StageMachine, err)
	}
	defer ws.student.jobs.release()
	object, ok := a.build(ctx)
	if !ok {
		return &a.report
	}
	return a.inMachine(ctx, object)
}

// inMachine does the attempt in the workspace's machine, and once more in a new one if
// that machine turns out to be dead.
func (a *attempt) inMachine(ctx context.Context, object []byte) *Report {
	ws := a.workspace
	for again := false; ; again = true {
		m, err := ws.ready(ctx)
		if err != nil {
			return a.failed(StageMachine, err)
		}
		err = a.inTurn(ctx, m, object)
		if err == nil || again || ctx.Err() != nil || errors.Is(err, vms.ErrPanic) {
			return a.ended(m, err)
		}
		ws.endMachine(err.Error())
		a.addNotes("your machine did not answer any more; this is a new one")
	}
}

// inTurn does the step once it is its turn among those of all students.
func (a *attempt) inTurn(ctx context.Context, m *machine, object []byte) error {
	ws := a.workspace
	turn, err := ws.workshop.checks.enter(ctx, ws.student.ID, ws.setWaiting)
	if err != nil {
		return err
	}
	defer turn.leave()
	ws.setBusy(BusyChecking)
	return a.do(ctx, m, object)
}

// build compiles the step's C file once it is its turn. If it returns false, the report
// says why.
func (a *attempt) build(ctx context.Context) ([]byte, bool) {
	l := a.workspace.Lesson
	name := a.step.Source(l.Lab)
	if name == "" {
		return nil, true
	}
	ws := a.workspace
	turn, err := ws.workshop.compilers.enter(ctx, ws.student.ID, ws.setWaiting)
	if err != nil {
		a.failed(StageBuild, err)
		return nil, false
	}
	defer turn.leave()
	ws.setBusy(BusyBuilding)
	source := l.source(name, a.code)
	source.Slow = turn.long
	object, err := ws.workshop.Builder.Object(ctx, source)
	a.addNotes(object.Warning)
	if err == nil {
		return object.Bytes, true
	}
	a.report.Stage = StageBuild
	if a.report.Problems = buildProblems(path.Base(name), err); a.report.Problems == nil {
		a.failed(StageBuild, err)
	}
	return nil, false
}

// target compiles the program that the lab observes, if it has one.
func (a *attempt) target(ctx context.Context) ([]byte, error) {
	l := a.workspace.Lesson
	if l.Target == "" {
		return nil, nil
	}
	program, err := run.Compile(ctx, a.workspace.workshop.Builder, l.Lab, l.Tree, l.Target, kernel.HostArch())
	a.addNotes(program.Warning)
	return program.Bytes, err
}

// addNotes adds notes to the report, but none twice.
func (a *attempt) addNotes(notes ...string) {
	for _, note := range notes {
		if note != "" && !slices.Contains(a.report.Notes, note) {
			a.report.Notes = append(a.report.Notes, note)
		}
	}
}

// do runs the step in a machine and fills in the report. It returns an error of the
// machine.
func (a *attempt) do(ctx context.Context, m *machine, object []byte) error {
	l := a.workspace.Lesson
	a.addNotes(m.takeNotes()...)
	if err := m.putFiles(ctx, l.FileName(), a.code, object); err != nil {
		return err
	}
	job := session.Job{Lab: l.Lab, Kernel: m.image, Objects: map[string][]byte{}}
	if object != nil {
		job.Objects[a.step.Source(l.Lab)] = object
	}
	target, err := a.target(ctx)
	if err != nil {
		return err
	}
	job.Objects[l.Target] = target
	m.session.SkipSplats()
	single, err := m.session.Single(ctx, job, a.step.Name)
	a.workspace.loaded(m, single.Spec)
	if err != nil {
		return err
	}
	a.judge(m, single)
	a.judgeConsole(m)
	if a.report.Passed() {
		return nil
	}
	var health wire.Health
	if err := m.session.Call(ctx, wire.OpHealth, healthRequest(single), &health, wire.IO{}); err != nil {
		return err
	}
	a.report.Diagnosis = diagnose(findings{a.step, single, health, string(a.code)})
	return nil
}

// judgeConsole fails a step that passed if the kernel reported an error meanwhile.
func (a *attempt) judgeConsole(m *machine) {
	splats := m.session.LastSplats(session.AllowSplats(a.workspace.Lesson.AllowSplats))
	a.addNotes(splats.Allowed...)
	if splats.Unexpected == "" || !a.report.Passed() {
		return
	}
	a.report.Verdict = verdict.Fail
	a.report.Checks = append(a.report.Checks, verdict.Check{Verdict: verdict.Fail, Expected: "no error report of the kernel", Seen: splats.Unexpected})
}

// judge copies the outcome of a step into the report.
func (a *attempt) judge(m *machine, single session.Single) {
	r := &a.report
	r.Release, r.Verdict, r.Checks, r.Output, r.Log = m.session.Ready.Release, single.Verdict, single.Checks, single.Output, single.Log
	a.addNotes(single.Notes...)
	r.Stage = StageCheck
	if r.Passed() {
		return
	}
	single.Programs = unexpectedRejections(a.step, single)
	r.Stage, r.Problems = stepProblems(a.code, a.workspace.Lesson.FileName(), m.version(), single)
	if len(r.Checks) == 0 {
		r.Checks = []verdict.Check{{Verdict: single.Verdict, Expected: single.Expected, Seen: single.Seen}}
	}
}

// ended returns the report of an attempt, during which the machine may have died.
func (a *attempt) ended(m *machine, err error) *Report {
	if err == nil {
		return &a.report
	}
	a.report.Release = m.session.Ready.Release
	if !errors.Is(err, vms.ErrPanic) {
		return a.failed(StageMachine, err)
	}
	a.report.Verdict, a.report.Stage = verdict.Fail, StageMachine
	a.report.Checks = []verdict.Check{{Verdict: verdict.Fail, Expected: "the kernel survives the step", Seen: m.why()}}
	a.report.Diagnosis = []Diagnosis{{"the kernel of your machine panicked during the step", "the next check starts a new machine"}}
	return &a.report
}

// failed returns the report of an attempt that the student's code did not cause to
// fail.
func (a *attempt) failed(stage Stage, err error) *Report {
	a.report.Verdict, a.report.Stage = verdict.Infra, stage
	a.report.Checks = []verdict.Check{{Verdict: verdict.Infra, Expected: "a machine to do the step in", Seen: err.Error()}}
	return &a.report
}
