package workshop

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Recheck is the outcome of a step that the server did again with the C file with which
// the step passed, in a machine in which no student has been.
type Recheck struct {
	At      time.Time       `json:"at"`
	Verdict verdict.Verdict `json:"verdict"`
	Error   string          `json:"error"` // why it failed, in one line
}

// Counts is whether a step counts as done.
type Counts string

// The values of Counts. A step counts only once the server has done it again.
const (
	CountsYes  Counts = "yes"
	CountsNo   Counts = "no"
	NotChecked Counts = "not re-checked"
)

// Counts returns whether the step counts as done.
func (p Progress) Counts() Counts {
	switch {
	case p.Done.IsZero():
		return CountsNo
	case p.Recheck == nil || p.Recheck.Verdict == verdict.Infra:
		return NotChecked
	case p.Recheck.Verdict == verdict.Pass:
		return CountsYes
	}
	return CountsNo
}

// passedPath returns the path of the C file with which a step passed.
func (f files) passedPath(step string) string { return filepath.Join(f.dir, ".passed", step+".c") }

// keepPassed keeps the C file with which a step passed, for Recheck.
func (f files) keepPassed(step string, code []byte) error {
	if f.code == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(f.passedPath(step)), 0o700); err != nil {
		return &StoreError{err}
	}
	return writeFile(f.passedPath(step), code)
}

// NeedsRecheck returns the steps that passed and that the server has not done again.
func (ws *Workspace) NeedsRecheck() []string {
	v := ws.View()
	var out []string
	for _, name := range ws.Lesson.Checked() {
		if v.Steps[name].Counts() == NotChecked {
			out = append(out, name)
		}
	}
	return out
}

// Recheck does a step again, with the C file with which it passed, in a new machine that
// ends afterwards. It stores the outcome, unless the student has passed the step with
// another file meanwhile. The student's own machine and page are not involved.
func (ws *Workspace) Recheck(ctx context.Context, step string) error {
	st := ws.Lesson.step(step)
	if st == nil {
		return ws.noStep(step)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ws.workshop.rechecks.Add(1)
	defer ws.workshop.rechecks.Done()
	go func() {
		select {
		case <-ws.workshop.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	before := ws.passed(step)
	var code []byte
	if ws.files.code != "" {
		var err error
		code, err = os.ReadFile(ws.files.passedPath(step))
		if errors.Is(err, fs.ErrNotExist) { // it passed in an earlier bpflab
			code, err = []byte(ws.Code().Text), nil
		}
		if err != nil {
			return &StoreError{err}
		}
	}
	kernel := ws.workshop.Kernels.Names()[0]
	a := &attempt{workspace: ws.unseen(), step: *st, code: code, report: Report{Step: step, Kernel: kernel, Verdict: verdict.Fail}}
	a.inNewMachine(ctx, kernel)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return ws.noteRecheck(&a.report, before)
}

// unseen returns a workspace for the same lesson without files, front ends and student.
func (ws *Workspace) unseen() *Workspace {
	checker := &Student{ID: "recheck", workshop: ws.workshop, since: time.Now(), jobs: newQueue(1)}
	return &Workspace{Lesson: ws.Lesson, student: checker, workshop: ws.workshop, lock: newLock()}
}

// passed returns when a step passed last.
func (ws *Workspace) passed(step string) time.Time {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.state.Steps[step].Passed
}

// noteRecheck stores the outcome of a step that passed last at a time.
func (ws *Workspace) noteRecheck(r *Report, passed time.Time) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p := ws.state.Steps[r.Step]
	if !p.Passed.Equal(passed) {
		return nil
	}
	text, _ := r.Error()
	p.Recheck = &Recheck{time.Now().UTC(), r.Verdict, text}
	return ws.save()
}
