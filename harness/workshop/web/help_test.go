package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// nextJSON reads messages of a socket until one contains a text, and returns it.
func nextJSON(t *testing.T, c *websocket.Conn, want string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		_, text, err := c.Read(ctx)
		if err != nil {
			t.Fatalf("no message with %q: %v", want, err)
		}
		if strings.Contains(string(text), want) {
			return string(text)
		}
	}
}

func (b *browser) row(name string) studentRow {
	b.t.Helper()
	_, text := b.get("/api/class")
	var class overview
	if err := json.Unmarshal([]byte(text), &class); err != nil {
		b.t.Fatal(err)
	}
	for _, row := range class.Students {
		if row.Name == name {
			return row
		}
	}
	b.t.Fatalf("no %s in %s", name, text)
	return studentRow{}
}

// TestHelp has a student call for help, also over a restart of the server, and the teacher
// answer, once to a page that is open and once to none.
func TestHelp(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	ada, bob, teacher := s.student(t, "Ada"), s.student(t, "Bob"), s.teacher(t)
	if status, text := ada.post("/api/me/help", map[string]bool{"wanted": true}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if teacher.row("Ada").Help == nil || teacher.row("Bob").Help != nil {
		t.Error("the teacher does not see who asks")
	}
	if again, err := OpenClassroom(dir, "a-class", 3); err != nil || again.helpSince("ada") == nil {
		t.Errorf("after a restart nobody asks: %v", err)
	}
	for _, b := range []*browser{s.browser(t), teacher} {
		if status, _ := b.post("/api/me/help", map[string]bool{"wanted": true}); status != http.StatusUnauthorized {
			t.Errorf("help for somebody who is no student: %d", status)
		}
	}
	bobs, _ := bob.socket("/api/labs/first/events", "")
	adas, _ := ada.socket("/api/labs/first/events", "")
	nextJSON(t, adas, `"state"`)
	if status, text := teacher.post("/api/class/students/Ada/message", map[string]string{"text": "look at line 3"}); status != http.StatusOK || !strings.Contains(text, "true") {
		t.Errorf("%d %s", status, text)
	}
	if got := nextJSON(t, adas, "line 3"); !strings.Contains(got, `"private":true`) {
		t.Error(got)
	}
	if teacher.row("Ada").Help != nil {
		t.Error("Ada still asks after the answer")
	}
	teacher.post("/api/class/message", map[string]string{"text": "to everybody"})
	if got := nextJSON(t, bobs, `"message"`); !strings.Contains(got, "to everybody") {
		t.Errorf("Bob received what was for Ada: %s", got)
	}
	adas.CloseNow()
	for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		_, text := teacher.post("/api/class/students/Ada/message", map[string]string{"text": "for later"})
		if strings.Contains(text, "false") {
			break
		}
		if time.Now().After(until) {
			t.Fatal("a closed page is open for ever")
		}
	}
	adas, _ = ada.socket("/api/labs/first/events", "")
	nextJSON(t, adas, "for later")
	if status, _ := bob.post("/api/class/students/Ada/message", map[string]string{"text": "x"}); status != http.StatusUnauthorized {
		t.Errorf("a student's message: %d", status)
	}
	if status, _ := teacher.post("/api/class/students/Eve/message", map[string]string{"text": "x"}); status != http.StatusNotFound {
		t.Errorf("a message to nobody: %d", status)
	}
}

// TestLook shows the teacher a student's file: what is saved, what is typed, and nothing of
// others. Looking does not count as the student's presence.
func TestLook(t *testing.T) {
	s := open(t, t.TempDir(), true)
	ada, bob, teacher := s.student(t, "Ada"), s.student(t, "Bob"), s.teacher(t)
	ada.lesson()
	sight, _ := teacher.socket("/api/class/students/Ada/code/first", "")
	nextJSON(t, sight, "the starter")
	if state := teacher.row("Ada").State; state != "away" {
		t.Errorf("Ada, whose page is not open, is %s", state)
	}
	page, _ := ada.socket("/api/labs/first/events", "")
	ada.post("/api/labs/first/save", map[string]any{"code": "saved text", "revision": 0})
	if got := nextJSON(t, sight, "saved text"); !strings.Contains(got, `"saved":true`) || !strings.Contains(got, `"file":"first.bpf.c"`) {
		t.Error(got)
	}
	typed, _ := json.Marshal(map[string]string{"type": "draft", "text": "typed text"})
	if err := page.Write(t.Context(), websocket.MessageText, typed); err != nil {
		t.Fatal(err)
	}
	if got := nextJSON(t, sight, "typed text"); !strings.Contains(got, `"saved":false`) {
		t.Error(got)
	}
	if code := ada.lesson().Code; code != "saved text" {
		t.Errorf("what is typed was saved: %q", code)
	}
	for path, want := range map[string]int{"/api/class/students/Ada/code/none": http.StatusNotFound, "/api/class/students/Eve/code/first": http.StatusNotFound} {
		if status, _ := teacher.get(path); status != want {
			t.Errorf("GET %s: %d", path, status)
		}
	}
	if status, _ := bob.get("/api/class/students/Ada/code/first"); status != http.StatusUnauthorized {
		t.Errorf("a student looks: %d", status)
	}
}
