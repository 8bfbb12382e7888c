package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func must(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestLesson reads a lesson: its figures have a size, they and links point to this server,
// and it has no scripts.
func TestLesson(t *testing.T) {
	b := open(t, t.TempDir(), false).soleStudent(t)
	l := b.lesson()
	for _, want := range []string{`src="/api/labs/first/files/figure.svg"`, `width="640" height="176"`, `href="/lab/second"`} {
		if !strings.Contains(l.Intro, want) {
			t.Errorf("no %s in %s", want, l.Intro)
		}
	}
	if strings.Contains(l.Intro, "<script") {
		t.Errorf("a script in %s", l.Intro)
	}
	if len(l.Steps) != 1 || !strings.Contains(l.Steps[0].HTML, `<code class="language-sh">ls /`) || !l.Steps[0].Checked || l.Steps[0].Hints != 1 {
		t.Errorf("%+v", l.Steps)
	}
	if l.File != "first.bpf.c" || l.State.Kernel != "7.3" || l.State.Step != "do-it" {
		t.Errorf("%+v", l)
	}
	if status, text := b.get("/api/labs/first/files/figure.svg"); status != http.StatusOK || !strings.HasPrefix(text, "<svg ") {
		t.Errorf("the figure: %d %s", status, text)
	}
}

// TestHintsAndSolution takes hints one at a time and asks for the solution.
func TestHintsAndSolution(t *testing.T) {
	b := open(t, t.TempDir(), false).soleStudent(t)
	if p := b.lesson().State.Steps["do-it"]; len(p.Hints) != 0 || p.Solution != "" {
		t.Errorf("at first: %+v", p)
	}
	if status, text := b.post("/api/labs/first/hint", map[string]string{"step": "do-it"}); status != http.StatusOK || !strings.Contains(text, "here") {
		t.Errorf("hint: %d %s", status, text)
	}
	if status, text := b.post("/api/labs/first/solve", map[string]string{"step": "do-it"}); status != http.StatusOK || !strings.Contains(text, "the solution") {
		t.Errorf("solve: %d %s", status, text)
	}
	if p := b.lesson().State.Steps["do-it"]; len(p.Hints) != 1 || !strings.Contains(p.Solution, "Done") {
		t.Errorf("after: %+v", p)
	}
}

// TestTwoTabs saves in two tabs: the second one receives the first one's text, and
// nothing is lost.
func TestTwoTabs(t *testing.T) {
	b := open(t, t.TempDir(), false).soleStudent(t)
	if status, text := b.post("/api/labs/first/save", map[string]any{"code": "first", "revision": 0}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	status, text := b.post("/api/labs/first/save", map[string]any{"code": "second", "revision": 0})
	var conflict struct {
		Error, Code string
		Revision    int
	}
	if err := json.Unmarshal([]byte(text), &conflict); err != nil || status != http.StatusConflict || conflict.Code != "first" || conflict.Revision != 1 {
		t.Fatalf("%d %s", status, text)
	}
	if status, _ := b.post("/api/labs/first/save", map[string]any{"code": "second", "revision": conflict.Revision}); status != http.StatusOK {
		t.Errorf("kept after all: %d", status)
	}
	if l := b.lesson(); l.Code != "second" || l.Revision != 2 {
		t.Errorf("%+v", l)
	}
}

// TestEvents follows in one page what another one does.
func TestEvents(t *testing.T) {
	b := open(t, t.TempDir(), false).soleStudent(t)
	c, _ := b.socket("/api/labs/first/events", "")
	b.post("/api/labs/first/save", map[string]any{"code": "new", "revision": 0, "check": true})
	seen := map[string]bool{}
	for !seen["code"] || !seen["state"] || !seen["report"] {
		_, text, err := c.Read(t.Context())
		if err != nil {
			t.Fatalf("%v after %v", err, seen)
		}
		var e struct{ Type string }
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		seen[e.Type] = true
	}
}

// TestRestart starts the server again: the browser's session and the student's progress
// are still there.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	one := open(t, dir, false)
	b := one.soleStudent(t)
	b.post("/api/labs/first/save", map[string]any{"code": "mine", "revision": 0})
	b.post("/api/labs/first/hint", map[string]string{"step": "do-it"})
	cookies := b.Jar.Cookies(must(t, one.http.URL))
	one.http.CloseClientConnections()
	two := open(t, dir, false)
	again := two.browser(t)
	again.Jar.SetCookies(must(t, two.http.URL), cookies)
	l := again.lesson()
	if l.Code != "mine" || l.Revision != 1 || len(l.State.Steps["do-it"].Hints) != 1 {
		t.Errorf("%+v", l)
	}
}

// TestSolvePart asks for a step's part of the solution, in a lesson that says where it goes
// and in one that does not.
func TestSolvePart(t *testing.T) {
	const code = "int one(void)\n{\n\treturn 1;\n}\n"
	for solution, want := range map[string]string{
		"Done.": "",
		"In place of `one`:\n\n```c\nint one(void)\n{\n\treturn 2;\n}\n```": "int one(void)\n{\n\treturn 2;\n}\n",
		"In place of `two`:\n\n```c\nint two(void)\n{\n\treturn 2;\n}\n```": "",
	} {
		b := open(t, t.TempDir(), false).soleStudent(t)
		b.Workshop.Lesson("first").Steps[0].Solution = solution
		status, text := b.post("/api/labs/first/solve", map[string]any{"step": "do-it", "code": code})
		var got struct{ Part string }
		if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusOK || got.Part != want {
			t.Errorf("%q: %d %s, want %q", solution, status, text, want)
		}
	}
}
