package workshop

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// oneKernel has one kernel, for the fake provider.
type oneKernel struct{}

func (oneKernel) Names() []string { return []string{"7.3"} }
func (oneKernel) Image(context.Context, string) (kernel.Image, error) {
	return kernel.Image{}, nil
}

// answerAll are the answers of a guest in which nothing happens.
func answerAll(int, string) map[string]wire.Handler {
	nothing := func(context.Context, *wire.Request) (any, error) { return struct{}{}, nil }
	out := map[string]wire.Handler{}
	for _, op := range []string{wire.OpTrace, wire.OpUntrace, wire.OpMark, wire.OpHealth, wire.OpLines, wire.OpUnload, wire.OpPut, wire.OpEvents} {
		out[op] = nothing
	}
	return out
}

// TestForgedPass has a student whose machine claims what the step expects, as root in
// it may have it do. The server does the step again in a machine of its own, which does
// not, and the step does not count.
func TestForgedPass(t *testing.T) {
	exit := 0
	step := lab.Step{Name: "one", Comment: 1, Run: []string{"try"}, Action: lab.Action{Checks: []lab.Check{{Exit: &exit}}}}
	honest := false
	fake := &vmstest.Fake{Answers: answerAll, Exec: func(_ context.Context, n int, argv []string) (wire.ExecResult, error) {
		if n > 1 && !honest && strings.Contains(strings.Join(argv, " "), "try") {
			return wire.ExecResult{Exit: 1}, nil
		}
		return wire.ExecResult{}, nil
	}}
	l := &Lesson{Lab: &lab.Lab{Name: "first", Header: lab.Header{Timeout: time.Minute}, Steps: []lab.Step{step}}}
	w := New(Options{Dir: t.TempDir(), Lessons: []*Lesson{l}, Kernels: oneKernel{}, Builder: fakeBuilder{}, Provider: fake, Machines: t.TempDir(), Rechecks: true})
	t.Cleanup(w.Close)
	s, err := w.Student("eve")
	if err != nil {
		t.Fatal(err)
	}
	ws, err := s.Workspace("first")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Counts{CountsNo, CountsYes} {
		if r, err := ws.Check(t.Context(), "one"); err != nil || !r.Passed() {
			t.Fatalf("%+v %v", r, err)
		}
		if got := ws.View().Steps["one"]; got.Counts() != NotChecked || len(ws.NeedsRecheck()) != 1 {
			t.Errorf("before the server's check it counts: %s", got.Counts())
		}
		if err := ws.Recheck(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		if p := ws.View().Steps["one"]; p.Counts() != want || len(ws.NeedsRecheck()) != 0 || p.Attempts == 0 {
			t.Errorf("counts: %s, want %s; %+v", p.Counts(), want, p.Recheck)
		}
		honest = true
	}
	if fake.Started.Load() != 3 || fake.Running.Load() != 1 {
		t.Errorf("%d machines were started, %d are running", fake.Started.Load(), fake.Running.Load())
	}
}

// TestPassedFile keeps the file with which a step passed, whatever is saved later. A step
// whose file cannot be kept has not passed.
func TestPassedFile(t *testing.T) {
	w, _ := classroom(t, Limits{})
	w.Rechecks = true
	ws := workspaceOf(t, w, "ada", "passes")
	pass := &Report{Step: "one", Verdict: verdict.Pass}
	ws.record(pass, []byte(ws.Code().Text))
	if _, err := ws.Save("broken", 1); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(ws.files.passedPath("one")); err != nil || string(text) != "passes" {
		t.Errorf("%q %v", text, err)
	}
	full := filepath.Join(ws.files.passedPath("two"), "full")
	if err := os.MkdirAll(full, 0o755); err != nil {
		t.Fatal(err)
	}
	pass = &Report{Step: "two", Verdict: verdict.Pass}
	ws.record(pass, []byte("x"))
	if p := ws.View().Steps["two"]; !p.Done.IsZero() || len(pass.Notes) != 1 {
		t.Errorf("it passed: %+v, notes %q", p, pass.Notes)
	}
}
