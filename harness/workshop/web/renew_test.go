package web

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/workshop"
)

// edited returns the lab of these tests as its author has edited it.
func edited(t *testing.T) *workshop.Lesson {
	t.Helper()
	files := fstest.MapFS{}
	for name, file := range course {
		files[name] = file
	}
	files["labs/first/lab.md"] = &fstest.MapFile{Data: []byte(strings.Replace(document, "## Do it", "## First of all\n\nRead.\n\n## Do it", 1))}
	l, err := lab.Parse(files, "labs/first/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	lesson, err := workshop.NewLesson(l, run.Tree{FS: files})
	if err != nil {
		t.Fatal(err)
	}
	return lesson
}

// TestLabIsEdited edits a lab while a student has it open: the page learns of it, and has
// the new text once it asks for it, with the student's file and progress.
func TestLabIsEdited(t *testing.T) {
	s := open(t, t.TempDir(), false)
	b := s.soleStudent(t)
	before := b.lesson()
	if before.Digest == "" || before.State.Latest != before.Digest {
		t.Fatalf("the lab is %q, and the latest %q", before.Digest, before.State.Latest)
	}
	b.post("/api/labs/first/save", map[string]any{"code": "mine", "revision": 0})
	b.post("/api/labs/first/hint", map[string]string{"step": "do-it"})
	events, _ := b.socket("/api/labs/first/events", "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	latest := edited(t)
	if !s.Workshop.SetCourse([]*workshop.Lesson{latest}) || s.Workshop.SetCourse([]*workshop.Lesson{latest}) {
		t.Error("the course is another one once")
	}
	for text := ""; !strings.Contains(text, latest.SHA256); {
		_, p, err := events.Read(ctx)
		if err != nil {
			t.Fatalf("the page does not learn of the change: %v", err)
		}
		text = string(p)
	}
	after := b.lesson()
	if after.Digest != latest.SHA256 || len(after.Steps) != 2 || after.Code != "mine" || after.Revision != 1 || after.State.Steps["do-it"].Hints == nil {
		t.Errorf("after the change: %+v", after)
	}
	for {
		if _, _, err := events.Read(ctx); err != nil {
			break // the old workspace's events end, and the page connects again
		}
	}
	if ctx.Err() != nil {
		t.Error("the old workspace's events go on")
	}
	if status, text := b.post("/api/labs/first/save", map[string]any{"code": "more", "revision": 1}); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	s.Workshop.SetCourse(nil)
	if status, _ := b.get("/api/labs/first"); status != 404 {
		t.Errorf("a lab that is gone: %d", status)
	}
}
