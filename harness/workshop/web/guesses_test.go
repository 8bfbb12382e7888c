package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestOldCookie has a browser ask again and again with a cookie of an earlier class. Its
// neighbours, behind the same address, join, and so does it.
func TestOldCookie(t *testing.T) {
	s := open(t, t.TempDir(), true)
	old := s.browser(t)
	old.Jar.SetCookies(must(t, s.http.URL), []*http.Cookie{{Name: s.Cookie, Value: "OLD", Path: "/"}})
	for range 50 {
		if status, _ := old.get("/api/me"); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	s.student(t, "Ada")
	if status, text := old.post("/api/join", map[string]string{"name": "Bob", "code": s.Classroom.Code()}); status != http.StatusOK {
		t.Errorf("with the old cookie: %d %s", status, text)
	}
}

// TestGuessedCode guesses codes: the answers come later and later. A neighbour behind the
// same address joins at once meanwhile, and the teacher sees that somebody guesses.
func TestGuessedCode(t *testing.T) {
	s := open(t, t.TempDir(), true)
	var mu sync.Mutex
	var waited []time.Duration
	s.pause = func(_ context.Context, d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		waited = append(waited, d)
	}
	b := s.browser(t)
	for n := range 2 * manyGuesses {
		name := "Eve"
		if n > manyGuesses/2 {
			name = fmt.Sprint("Eve ", n) // and under other names
		}
		if status, _ := b.post("/api/join", map[string]string{"name": name, "code": "AAAA-AAAA"}); status != http.StatusForbidden {
			t.Fatalf("guess %d: %d", n, status)
		}
	}
	if waited[0] != 0 || waited[freeGuesses] != guessStep || waited[manyGuesses/2] != longestGuess || waited[2*manyGuesses-1] != longestGuess {
		t.Errorf("the answers waited %s", waited)
	}
	s.student(t, "Ada")
	if len(waited) != 2*manyGuesses {
		t.Errorf("the right code waited %s", waited[2*manyGuesses:])
	}
	if n := s.overview(mustRequest(t)).Guesses; n != manyGuesses {
		t.Errorf("the teacher sees %d guesses", n)
	}
}

func mustRequest(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequest("GET", "http://localhost/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGuessesAreForgotten waits until the guesses are old.
func TestGuessesAreForgotten(t *testing.T) {
	var g guesses
	now := time.Now()
	for range 2 * freeGuesses {
		g.delay([]string{"name"}, now)
	}
	if d := g.delay([]string{"name"}, now.Add(guessWindow+time.Second)); d != 0 || g.count(now.Add(guessWindow+time.Second)) != 1 {
		t.Errorf("after %s it waits %s", guessWindow, d)
	}
}
