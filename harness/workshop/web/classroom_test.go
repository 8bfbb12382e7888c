package web

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func (s site) teacher(t *testing.T) *browser {
	b := s.browser(t)
	if status, _ := b.get("/login?key=" + s.Key(Teacher, "teacher") + "&to=/teacher"); status != http.StatusSeeOther {
		t.Fatalf("the teacher's key: %d", status)
	}
	return b
}

// TestJoin joins with right and wrong codes and names.
func TestJoin(t *testing.T) {
	s := open(t, t.TempDir(), true)
	s.student(t, "Ada")
	b := s.browser(t)
	for _, c := range []struct {
		name, code string
		status     int
	}{
		{"Eve", "AAAA-AAAA", http.StatusForbidden},
		{"Eve", "", http.StatusForbidden},
		{"ada", s.Classroom.Code(), http.StatusConflict},
		{"", s.Classroom.Code(), http.StatusBadRequest},
		{strings.Repeat("x", 50), s.Classroom.Code(), http.StatusBadRequest},
		{"a\x1b[2J", s.Classroom.Code(), http.StatusBadRequest},
		{"../../etc", strings.ToLower(strings.ReplaceAll(s.Classroom.Code(), "-", "")), http.StatusOK},
		{"日本", s.Classroom.Code(), http.StatusOK},
		{"One too many", s.Classroom.Code(), http.StatusConflict},
	} {
		if status, text := b.post("/api/join", map[string]string{"name": c.name, "code": c.code}); status != c.status {
			t.Errorf("%q with %q: %d %s, want %d", c.name, c.code, status, text, c.status)
		}
	}
	for _, id := range s.Classroom.ids() {
		if strings.ContainsAny(id, "./") {
			t.Errorf("an ID is %q", id)
		}
	}
}

// TestPersonalCode lets a student come back from another browser with a personal code,
// which works once; the browser before is signed out.
func TestPersonalCode(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	ada := s.student(t, "Ada")
	ada.post("/api/labs/first/save", map[string]any{"code": "ada's", "revision": 0})
	older, own := ada.personalCode(t, "/api/me/code"), ada.personalCode(t, "/api/me/code")
	if text, err := os.ReadFile(filepath.Join(dir, "class.json")); err != nil || strings.Contains(string(text), own) || strings.Contains(string(text), normalizeCode(own)) {
		t.Errorf("the code is on disk: %v", err)
	}
	s.Classroom, _ = OpenClassroom(dir, "class", 3) // as after a restart
	elsewhere := s.browser(t)
	for _, c := range []struct{ name, code string }{{"Ada", older}, {"Bob", own}, {"", own}} {
		if status, _ := elsewhere.post("/api/join", map[string]string{"name": c.name, "code": c.code}); status != http.StatusForbidden {
			t.Errorf("%q with %q: %d", c.name, c.code, status)
		}
	}
	typed := strings.ToLower(strings.Replace(own, "-", " ", 1))
	if status, text := elsewhere.post("/api/join", map[string]string{"name": " ada ", "code": typed}); status != http.StatusOK {
		t.Fatalf("coming back: %d %s", status, text)
	}
	if code := elsewhere.lesson().Code; code != "ada's" {
		t.Errorf("back with the file %q", code)
	}
	if status, _ := ada.get("/api/labs/first"); status != http.StatusUnauthorized {
		t.Errorf("the browser before: %d", status)
	}
	if status, _ := s.browser(t).post("/api/join", map[string]string{"name": "Ada", "code": own}); status != http.StatusForbidden {
		t.Errorf("once more: %d", status)
	}
	theirs := s.teacher(t).personalCode(t, "/api/class/students/Ada/code")
	if status, _ := s.browser(t).post("/api/join", map[string]string{"name": "Ada", "code": theirs}); status != http.StatusOK {
		t.Errorf("with the code that the teacher has given: %d", status)
	}
	for _, path := range []string{"/api/me/code", "/api/class/students/Ada/code"} {
		if status, _ := s.browser(t).post(path, nil); status != http.StatusUnauthorized {
			t.Errorf("a stranger's POST %s: %d", path, status)
		}
	}
}

func (b *browser) personalCode(t *testing.T, path string) string {
	t.Helper()
	status, text := b.post(path, nil)
	var own codeAnswer
	if err := json.Unmarshal([]byte(text), &own); err != nil || status != http.StatusOK || own.Name != "Ada" {
		t.Fatalf("POST %s: %d %s", path, status, text)
	}
	return own.Code
}

// TestStudentsAreIsolated asks, as a student, for files of another student and for what
// only the teacher may see.
func TestStudentsAreIsolated(t *testing.T) {
	s := open(t, t.TempDir(), true)
	ada, bob := s.student(t, "Ada"), s.student(t, "Bob")
	ada.post("/api/labs/first/save", map[string]any{"code": "ada's", "revision": 0})
	if code := bob.lesson().Code; code != "// the starter\n" {
		t.Errorf("Bob's file is %q", code)
	}
	for _, path := range []string{"/api/class", "/api/class/events", "/api/class/results.csv", "/api/class/students/Ada/terminals/first/t1"} {
		if status, _ := bob.get(path); status != http.StatusUnauthorized {
			t.Errorf("GET %s as a student: %d", path, status)
		}
	}
	if status, _ := bob.post("/api/class/message", map[string]string{"text": "x"}); status != http.StatusUnauthorized {
		t.Errorf("a message from a student: %d", status)
	}
	teacher := s.teacher(t)
	if status, _ := teacher.get("/api/labs/first"); status != http.StatusUnauthorized {
		t.Errorf("the teacher has no workspace, but receives %d", status)
	}
	if status, _ := teacher.get("/api/class/students/Ada/terminals/first/t1"); status != http.StatusNotFound {
		t.Errorf("a terminal that is not there: %d", status)
	}
}

// TestTeacher sees where students are, writes to all of them, and downloads the
// results.
func TestTeacher(t *testing.T) {
	s := open(t, t.TempDir(), true)
	ada, bob := s.student(t, "Ada"), s.student(t, "=Bob()")
	teacher := s.teacher(t)
	for _, b := range []*browser{ada, bob} {
		b.post("/api/labs/first/hint", map[string]string{"step": "do-it"})
		b.post("/api/labs/first/check", map[string]string{"step": "do-it"}) // no clang, no machine: it fails
	}
	events, _ := ada.socket("/api/labs/first/events", "")
	status, text := teacher.get("/api/class")
	var b overview
	if err := json.Unmarshal([]byte(text), &b); err != nil || status != http.StatusOK || len(b.Students) != 2 {
		t.Fatalf("%d %s", status, text)
	}
	if row := b.Students[0]; row.Lab != "first" || row.StepTitle != "Do it" || row.Total != 1 || row.State == "away" && row.Name == "Ada" {
		t.Errorf("%+v", row)
	}
	if status, text := teacher.post("/api/class/message", map[string]string{"text": "look at the verifier's log"}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	for {
		_, text, err := events.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "look at the verifier") {
			break
		}
	}
	_, table := teacher.get("/api/class/results.csv")
	lines, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(lines) != 3 || lines[1][5] != "1" {
		t.Errorf("%v %v", lines, err)
	}
	for _, l := range lines {
		if strings.HasPrefix(l[0], "=") {
			t.Errorf("a spreadsheet takes this for a formula: %q", l[0])
		}
	}
	if strings.Count(table, `"`) != 2*len(lines)*len(lines[0]) {
		t.Errorf("cells without quotes, which other separators may split: %s", table)
	}
	c, _ := teacher.socket("/api/class/events", "")
	if _, text, err := c.Read(t.Context()); err != nil || !strings.Contains(string(text), `"type":"class"`) || !strings.Contains(string(text), `"now":"20`) {
		t.Errorf("%s %v", text, err)
	}
}

// TestRemoveAndRestart removes a student, who is signed out at once, and restarts the
// server, after which the class goes on.
func TestRemoveAndRestart(t *testing.T) {
	dir := t.TempDir()
	one := open(t, dir, true)
	ada, bob := one.student(t, "Ada"), one.student(t, "Bob")
	if status, text := one.teacher(t).post("/api/class/students/Bob/remove", struct{}{}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if status, _ := bob.get("/api/labs/first"); status != http.StatusUnauthorized {
		t.Errorf("Bob is still in: %d", status)
	}
	two := open(t, dir, true)
	if two.Classroom.Code() != one.Classroom.Code() {
		t.Error("the class has another code")
	}
	again := two.browser(t)
	again.Jar.SetCookies(must(t, two.http.URL), ada.Jar.Cookies(must(t, one.http.URL)))
	again.lesson()
}

// TestRecheckAll has the teacher re-check a class in which nobody has passed anything.
// The CSV says what counts.
func TestRecheckAll(t *testing.T) {
	s := open(t, t.TempDir(), true)
	ada, teacher := s.student(t, "Ada"), s.teacher(t)
	ada.lesson()
	if status, _ := ada.post("/api/class/recheck", struct{}{}); status != http.StatusUnauthorized {
		t.Errorf("a student's re-check: %d", status)
	}
	if status, text := teacher.post("/api/class/recheck", struct{}{}); status != http.StatusOK || !strings.Contains(text, `"total":0`) {
		t.Errorf("%d %s", status, text)
	}
	_, table := teacher.get("/api/class/results.csv")
	if lines, err := csv.NewReader(strings.NewReader(table)).ReadAll(); err != nil || lines[0][9] != "counts" || lines[1][8] != "ada" || lines[1][9] != "no" {
		t.Errorf("%q %v", lines, err)
	}
}
