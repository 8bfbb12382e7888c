package workshop

import (
	"context"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/vms/kernel"
)

// fakeBuilder returns objects with a warning, as for one that was damaged in the cache.
type fakeBuilder struct{ warning string }

func (f fakeBuilder) Object(context.Context, build.Source) (build.Object, error) {
	return build.Object{Bytes: []byte("object"), Warning: f.warning}, nil
}

func (f fakeBuilder) Program(ctx context.Context, s build.Source) (build.Object, error) {
	return f.Object(ctx, s)
}

// testWorkspace returns a workspace for the lesson of a student, with a fake builder.
func testWorkspace(t *testing.T, b run.Builder) *Workspace {
	t.Helper()
	l := testLesson()
	l.Tree = run.Tree{FS: fstest.MapFS{}}
	w := New(Options{Dir: t.TempDir(), Lessons: []*Lesson{l}, Builder: b, Limits: Limits{Machines: 1}})
	t.Cleanup(w.Close)
	s, err := w.Student("ada")
	if err != nil {
		t.Fatal(err)
	}
	ws, err := s.Workspace(l.Name)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// TestBuildWarning builds an object that the cache had damaged: the report says so, once.
func TestBuildWarning(t *testing.T) {
	ws := testWorkspace(t, fakeBuilder{"first.o is damaged; it was compiled again"})
	a := &attempt{workspace: ws, step: lab.Step{Name: "one", Comment: 1}, code: []byte("x")}
	for range 2 {
		if _, ok := a.build(context.Background()); !ok {
			t.Fatal(a.report)
		}
	}
	if want := []string{"first.o is damaged; it was compiled again"}; !slices.Equal(a.report.Notes, want) {
		t.Errorf("notes %q, want %q", a.report.Notes, want)
	}
}

// TestTargetWarning builds the program that a lab observes, likewise.
func TestTargetWarning(t *testing.T) {
	ws := testWorkspace(t, fakeBuilder{"bank is damaged; it was compiled again"})
	ws.Lesson.Target = "bank.c"
	a := &attempt{workspace: ws}
	if _, err := a.target(context.Background()); err != nil || len(a.report.Notes) != 1 {
		t.Errorf("notes %q, error %v", a.report.Notes, err)
	}
}

// TestStartNotes has a machine of a damaged kernel and of a damaged template: the first
// report says so.
func TestStartNotes(t *testing.T) {
	m := &machine{notes: startNotes(kernel.Image{Warning: "the kernel was fetched again"}, []string{"the template was built again"})}
	if want := []string{"the template was built again", "the kernel was fetched again"}; !slices.Equal(m.notes, want) {
		t.Errorf("%q, want %q", m.notes, want)
	}
	if first, second := m.takeNotes(), m.takeNotes(); len(first) != 2 || second != nil {
		t.Errorf("first %q, then %q", first, second)
	}
}

// TestMakeRoom starts a machine for one workspace while another one has the only machine
// that the student may have.
func TestMakeRoom(t *testing.T) {
	ws := testWorkspace(t, fakeBuilder{})
	other := &Workspace{Lesson: ws.Lesson, student: ws.student, workshop: ws.workshop, lock: newLock()}
	ws.student.workspaces["second"] = other
	ended := map[*Workspace]bool{}
	for _, w := range []*Workspace{ws, other} {
		w.machine = &machine{end: func() { ended[w] = true }}
	}
	ws.student.makeRoom(ws)
	if ended[ws] || !ended[other] || other.gone != "the machine of another lab took its place" {
		t.Errorf("ended: %v; the other's: %q", ended, other.gone)
	}
}
