package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// class returns the class as a teacher sees it.
func (b *browser) class() overview {
	b.t.Helper()
	_, text := b.get("/api/class")
	var class overview
	if err := json.Unmarshal([]byte(text), &class); err != nil {
		b.t.Fatal(err)
	}
	return class
}

// atOnce sends a POST from several browsers at the same time and returns how many answers
// had each status.
func atOnce(path string, body any, browsers ...*browser) map[int]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	statuses := map[int]int{}
	for _, b := range browsers {
		all.Go(func() {
			status, _ := b.post(path, body)
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	all.Wait()
	return statuses
}

// TestTwoTeachersRemove has two teachers remove a student at once, then take the student
// back at once, often: one of them does, the other one reads that it was done, and name and
// files stay.
func TestTwoTeachersRemove(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	s.student(t, "Ada").post("/api/labs/first/save", map[string]any{"code": "ada's", "revision": 0})
	one, two := s.teacher(t), s.teacher(t)
	want := map[int]int{http.StatusOK: 1, http.StatusNotFound: 1}
	file := func(at string) error {
		_, err := os.Stat(filepath.Join(dir, at, "ada", "first", "first.bpf.c"))
		return err
	}
	for range 20 {
		known := s.Classroom.Code()
		if got := atOnce("/api/class/students/Ada/remove", map[string]string{"id": "ada"}, one, two); got[200] != 1 || got[404] != 1 {
			t.Fatalf("remove: %v, want %v", got, want)
		}
		if class := two.class(); len(class.Removed) != 1 || class.Removed[0].Name != "Ada" || class.Code == known || file(".removed") != nil {
			t.Fatalf("after the removal: %+v, %v", class, file(".removed"))
		}
		if got := atOnce("/api/class/removed/ada/restore", struct{}{}, one, two); got[200] != 1 || got[404] != 1 {
			t.Fatalf("restore: %v, want %v", got, want)
		}
		if class := one.class(); len(class.Removed) != 0 || class.Students[0].Name != "Ada" || file("") != nil {
			t.Fatalf("after the restoration: %+v, %v", class, file(""))
		}
	}
}

// TestTwoTeachersCross has one teacher remove a student while the other one takes that
// student back: the files are where the class says that the student is.
func TestTwoTeachersCross(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	s.student(t, "Ada").post("/api/labs/first/save", map[string]any{"code": "ada's", "revision": 0})
	one, two := s.teacher(t), s.teacher(t)
	for range 40 {
		var both sync.WaitGroup
		both.Go(func() { one.post("/api/class/students/Ada/remove", struct{}{}) })
		both.Go(func() { two.post("/api/class/removed/ada/restore", struct{}{}) })
		both.Wait()
		at := ""
		if s.Classroom.isRemoved("ada") {
			at = ".removed"
		}
		if _, err := os.Stat(filepath.Join(dir, at, "ada", "first", "first.bpf.c")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoTeachersStale has a teacher act on what another one has changed since: on a
// student whose name somebody else has by now, and on the class's code.
func TestTwoTeachersStale(t *testing.T) {
	s := open(t, t.TempDir(), true)
	s.student(t, "Ada")
	one, two := s.teacher(t), s.teacher(t)
	seen := two.class()
	one.post("/api/class/students/Ada/remove", map[string]string{"id": seen.Students[0].ID})
	s.student(t, "Ada") // another one
	for _, action := range []string{"remove", "code"} {
		if status, text := two.post("/api/class/students/Ada/"+action, map[string]string{"id": seen.Students[0].ID}); status != http.StatusNotFound {
			t.Errorf("%s, of a student who has gone: %d %s", action, status, text)
		}
	}
	if err := s.Classroom.Remove("ada"); !errors.Is(err, errNoStudent) {
		t.Errorf("removed again: %v", err)
	}
	if class := two.class(); len(class.Removed) != 1 || class.Removed[0].Name != "Ada" || len(class.Students) != 1 || class.Students[0].ID == seen.Students[0].ID {
		t.Errorf("%+v", class)
	}
	if got := atOnce("/api/class/code", map[string]string{"code": s.Classroom.Code()}, one, two); got[200] != 1 || got[409] != 1 {
		t.Errorf("new codes: %v", got)
	}
	if one.class().Code != two.class().Code {
		t.Error("the teachers see different codes")
	}
}

// TestTwoTeachersCode gives a student two personal codes: both teachers see which one is
// valid, until it is used.
func TestTwoTeachersCode(t *testing.T) {
	s := open(t, t.TempDir(), true)
	s.student(t, "Ada")
	one, two := s.teacher(t), s.teacher(t)
	if at := two.row("Ada").Code; at != nil {
		t.Errorf("a code of %s, which nobody has made", at)
	}
	codes := make([]codeAnswer, 2)
	for i, b := range []*browser{one, two} {
		_, text := b.post("/api/class/students/Ada/code", struct{}{})
		if err := json.Unmarshal([]byte(text), &codes[i]); err != nil {
			t.Fatal(err)
		}
	}
	if at := one.row("Ada").Code; at == nil || !at.Equal(codes[1].Made) || !at.After(codes[0].Made) {
		t.Errorf("the teacher sees the code of %v, not of %s", at, codes[1].Made)
	}
	again := s.browser(t)
	for i, want := range []int{http.StatusForbidden, http.StatusOK} {
		if status, _ := again.post("/api/join", map[string]string{"name": "Ada", "code": codes[i].Code}); status != want {
			t.Errorf("the code of teacher %d: %d", i+1, status)
		}
	}
	if at := one.row("Ada").Code; at != nil {
		t.Errorf("the code of %s was used", at)
	}
}

// TestTwoTeachersSee has two teachers look while the class changes all the time (under the
// race detector this finds what is read without the lock).
func TestTwoTeachersSee(t *testing.T) {
	s := open(t, t.TempDir(), true)
	ada := s.student(t, "Ada")
	one, two := s.teacher(t), s.teacher(t)
	first, _ := one.socket("/api/class/events", "")
	second, _ := two.socket("/api/class/events", "")
	var all sync.WaitGroup
	all.Go(func() {
		for range 20 {
			one.post("/api/class/code", struct{}{})
		}
	})
	all.Go(func() {
		for range 20 {
			two.get("/api/class")
		}
	})
	all.Wait()
	ada.post("/api/me/help", map[string]bool{"wanted": true})
	for _, c := range []*websocket.Conn{first, second} {
		if got := nextJSON(t, c, `"help":"20`); !strings.Contains(got, s.Classroom.Code()) {
			t.Errorf("without the class's code: %s", got)
		}
	}
	two.post("/api/class/students/Ada/message", map[string]string{"text": "I come"})
	nextJSON(t, first, `"help":null`)
	nextJSON(t, second, `"help":null`)
}
