package web

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNameAfterRemoval removes a student. Somebody whose name gives the same ID starts
// with a file of their own, in this run of the server and in the next.
func TestNameAfterRemoval(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	ada := s.student(t, "Ada")
	ada.post("/api/labs/first/save", map[string]any{"code": "ada's", "revision": 0})
	teacher := s.teacher(t)
	if status, text := teacher.post("/api/class/students/Ada/remove", struct{}{}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if code := s.student(t, "A.D.A.").lesson().Code; code != "// the starter\n" {
		t.Errorf("another student has the file %q", code)
	}
	if code := open(t, dir, true).student(t, "(Ada)").lesson().Code; code != "// the starter\n" {
		t.Errorf("after a restart another student has the file %q", code)
	}
}

// TestOlderClass opens a class from which an earlier bpflab has removed a student, whose
// files were left where they are.
func TestOlderClass(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"class.json": `{"code": "ABCD-2345", "names": {"bob": "Bob"}}`, "ada/first/first.bpf.c": "ada's"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if code := open(t, dir, true).student(t, "Ada").lesson().Code; code != "// the starter\n" {
		t.Errorf("another student has the file %q", code)
	}
}

// TestOldClassCode removes a student, who knows the class's code: it has a new one.
func TestOldClassCode(t *testing.T) {
	s := open(t, t.TempDir(), true)
	bob, ada := s.student(t, "Bob"), s.student(t, "Ada")
	known := s.Classroom.Code()
	s.teacher(t).post("/api/class/students/Bob/remove", struct{}{})
	if status, _ := bob.post("/api/join", map[string]string{"name": "Robert", "code": known}); status != http.StatusForbidden {
		t.Errorf("with the code from before: %d", status)
	}
	if status, _ := bob.post("/api/join", map[string]string{"name": "Robert", "code": s.Classroom.Code()}); status != http.StatusOK {
		t.Errorf("with the new code: %d", status)
	}
	ada.lesson() // she has joined already
}

// TestNewClassCode changes the class's code.
func TestNewClassCode(t *testing.T) {
	s := open(t, t.TempDir(), true)
	known := s.Classroom.Code()
	ada := s.student(t, "Ada")
	if status, _ := ada.post("/api/class/code", struct{}{}); status != http.StatusUnauthorized {
		t.Errorf("as a student: %d", status)
	}
	_, text := s.teacher(t).post("/api/class/code", struct{}{})
	var fresh struct{ Code string }
	if err := json.Unmarshal([]byte(text), &fresh); err != nil || fresh.Code == known || fresh.Code != s.Classroom.Code() {
		t.Errorf("%s after %s", text, known)
	}
}

// TestRestore removes a student and takes the student back: the files are there again,
// for a browser with the code that the teacher receives. The name was taken meanwhile.
func TestRestore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	s.student(t, "Ada").post("/api/labs/first/save", map[string]any{"code": "ada's", "revision": 0})
	s.teacher(t).post("/api/class/students/Ada/remove", struct{}{})
	if _, err := os.Stat(filepath.Join(dir, ".removed", "ada", "first", "first.bpf.c")); err != nil {
		t.Error(err)
	}
	s = open(t, dir, true) // another day
	s.student(t, "Ada")
	teacher := s.teacher(t)
	if status, text := teacher.get("/api/class"); status != http.StatusOK || !strings.Contains(text, `"removed":[{"id":"ada","name":"Ada"`) {
		t.Errorf("%d %s", status, text)
	}
	status, text := teacher.post("/api/class/removed/ada/restore", struct{}{})
	var back codeAnswer
	if err := json.Unmarshal([]byte(text), &back); err != nil || status != http.StatusOK || back.Name != "Ada (2)" {
		t.Fatalf("%d %s", status, text)
	}
	b := s.browser(t)
	if status, text := b.post("/api/join", map[string]string{"name": back.Name, "code": back.Code}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if code := b.lesson().Code; code != "ada's" {
		t.Errorf("back with the file %q", code)
	}
	for _, id := range []string{"ada", "nobody", "..%2f..%2fada"} {
		if status, text := teacher.post("/api/class/removed/"+id+"/restore", struct{}{}); status != http.StatusNotFound {
			t.Errorf("restore %s: %d %s", id, status, text)
		}
	}
}

// TestPrivateFiles looks at the modes of a student's files and directories.
func TestPrivateFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "class")
	s := open(t, dir, true)
	s.student(t, "Ada").post("/api/labs/first/save", map[string]any{"code": "ada's", "revision": 0})
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
