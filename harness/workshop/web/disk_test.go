package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// block puts a directory where a file is to be written, so that writing fails as on a
// full disk, also for root. The result makes room again.
func block(t *testing.T, file string) (room func()) {
	t.Helper()
	os.Remove(file)
	if err := os.MkdirAll(filepath.Join(file, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	return func() { os.RemoveAll(file) }
}

// TestJoinOnFullDisk joins while the class, or the session, cannot be stored. The name is
// free afterwards.
func TestJoinOnFullDisk(t *testing.T) {
	for _, file := range []string{"class.json", "sessions.json"} {
		dir := t.TempDir()
		s := open(t, dir, true)
		room := block(t, filepath.Join(dir, file))
		b := s.browser(t)
		join := map[string]string{"name": "Ada", "code": s.Classroom.Code()}
		if status, text := b.post("/api/join", join); status != http.StatusInternalServerError || !strings.Contains(text, file) {
			t.Errorf("%s: %d %s", file, status, text)
		}
		if status, _ := b.get("/api/labs/first"); status != http.StatusUnauthorized {
			t.Errorf("%s: not in the class, but receives %d", file, status)
		}
		room()
		if status, text := b.post("/api/join", join); status != http.StatusOK {
			t.Errorf("%s: once there is room: %d %s", file, status, text)
		}
	}
}

// TestHintOnFullDisk asks for a hint that cannot be counted: there is none, and the
// reason is given.
func TestHintOnFullDisk(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, false).soleStudent(t)
	b.lesson()
	room := block(t, filepath.Join(dir, SoleStudent, "first", "state.json"))
	for _, what := range []string{"hint", "solve"} {
		if status, text := b.post("/api/labs/first/"+what, map[string]string{"step": "do-it"}); status != http.StatusInternalServerError || !strings.Contains(text, "state.json") {
			t.Errorf("%s: %d %s", what, status, text)
		}
	}
	if p := b.lesson().State.Steps["do-it"]; len(p.Hints) != 0 || p.Solution != "" {
		t.Errorf("given nevertheless: %+v", p)
	}
	room()
	if status, text := b.post("/api/labs/first/hint", map[string]string{"step": "do-it"}); status != http.StatusOK {
		t.Errorf("once there is room: %d %s", status, text)
	}
}

// TestUnsavedProgress saves a file while the progress cannot be stored: the student and
// the teacher are informed, until there is room.
func TestUnsavedProgress(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	ada, teacher := s.student(t, "Ada"), s.teacher(t)
	ada.lesson()
	room := block(t, filepath.Join(dir, "ada", "first", "state.json"))
	if status, text := ada.post("/api/labs/first/save", map[string]any{"code": "mine", "revision": 0}); status != http.StatusOK {
		t.Errorf("the C file itself can be stored: %d %s", status, text)
	}
	_, own := ada.get("/api/labs/first")
	_, class := teacher.get("/api/class")
	for who, text := range map[string]string{"the student": own, "the teacher": class} {
		if !strings.Contains(text, `"unsaved":"the workshop's files: `) {
			t.Errorf("%s does not learn it: %s", who, text)
		}
	}
	room()
	ada.post("/api/labs/first/save", map[string]any{"code": "mine, too", "revision": 1})
	if _, text := ada.get("/api/labs/first"); !strings.Contains(text, `"unsaved":""`) {
		t.Errorf("once there is room: %s", text)
	}
}
