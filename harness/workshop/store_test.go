package workshop

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
)

func testLesson() *Lesson {
	return &Lesson{Lab: &lab.Lab{Name: "first", Header: lab.Header{Program: "first.bpf.c"}, Steps: []lab.Step{{Name: "one"}, {Name: "two"}}},
		Starter: []byte("starter"), Solution: []byte("solution")}
}

// TestDamagedState loads a state that is damaged: it is renamed, and the C file stays.
func TestDamagedState(t *testing.T) {
	f := files{dir: t.TempDir(), code: "first.bpf.c"}
	for name, text := range map[string]string{"state.json": "{half", "first.bpf.c": "mine"} {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	state, code, err := f.load(testLesson())
	if err != nil || string(code) != "mine" || state.Step != "one" || len(state.Steps) != 2 {
		t.Errorf("%+v %q %v", state, code, err)
	}
	if kept, err := os.ReadFile(f.statePath() + ".old"); err != nil || string(kept) != "{half" {
		t.Errorf("%q %v", kept, err)
	}
}

// TestStateOfAnOlderLab fits a state to a lab whose steps have changed.
func TestStateOfAnOlderLab(t *testing.T) {
	s := State{Schema: StateSchema, Step: "gone", Steps: map[string]*Progress{"gone": {Attempts: 1}, "two": {Attempts: 2}, "one": nil}}
	s.fit(testLesson())
	if s.Step != "one" || len(s.Steps) != 2 || s.Steps["two"].Attempts != 2 || s.Steps["one"] == nil {
		t.Errorf("%+v", s)
	}
}

func TestLargeFileOfAnEditor(t *testing.T) {
	f := files{dir: t.TempDir(), code: "first.bpf.c"}
	if err := os.WriteFile(f.codePath(), make([]byte, MaxCode+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.load(testLesson()); err == nil {
		t.Error("a file of more than a MiB was read")
	}
}

func TestStudentIDs(t *testing.T) {
	w := New(Options{Dir: t.TempDir()})
	defer w.Close()
	for id, ok := range map[string]bool{"ada": true, "ada-2": true, "": false, "..": false, "a/b": false, "A": false, "-x": false} {
		if _, err := w.Student(id); (err == nil) != ok {
			t.Errorf("%q: %v", id, err)
		}
	}
}
