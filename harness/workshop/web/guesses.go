package web

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// guesses counts wrong codes, and says how long their answers wait. Nobody is locked out:
// a right code is answered at once, also from the address of somebody who guesses. A code
// has 40 bits, so that guessing takes years at any speed of this server.
type guesses struct {
	mu     sync.Mutex
	recent map[string][]time.Time // times of wrong codes, by a browser's cookie and by name
	all    []time.Time
}

const (
	guessWindow  = 10 * time.Minute
	freeGuesses  = 3   // mistyped codes, which do not wait
	manyGuesses  = 100 // of all browsers, after which each waits for longest
	guessStep    = 500 * time.Millisecond
	longestGuess = 5 * time.Second
)

// delay counts a wrong code under some keys and returns how long its answer waits.
func (g *guesses) delay(keys []string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := func(at time.Time) bool { return now.Sub(at) > guessWindow }
	g.all = append(slices.DeleteFunc(g.all, old), now)
	if len(g.all) > manyGuesses {
		g.all = g.all[1:]
		return longestGuess // without counting names and cookies, of which there may be any number
	}
	if g.recent == nil {
		g.recent = map[string][]time.Time{}
	}
	most := 0
	for _, key := range keys {
		g.recent[key] = append(slices.DeleteFunc(g.recent[key], old), now)
		most = max(most, len(g.recent[key]))
	}
	for key, at := range g.recent {
		if old(at[len(at)-1]) {
			delete(g.recent, key)
		}
	}
	return min(longestGuess, guessStep*time.Duration(max(0, most-freeGuesses)))
}

// count returns how many wrong codes there were lately, at most manyGuesses.
func (g *guesses) count(now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = slices.DeleteFunc(g.all, func(at time.Time) bool { return now.Sub(at) > guessWindow })
	return len(g.all)
}

// attemptKeys returns what a wrong code counts for: the browser's cookie, if it has one,
// and the name.
func (s *Server) attemptKeys(r *http.Request, name string) []string {
	keys := []string{"name " + digestOf(latin.Replace(normalizeName(name)))}
	if cookie, err := r.Cookie(s.Cookie); err == nil {
		keys = append(keys, "cookie "+digestOf(cookie.Value))
	}
	return keys
}

// pause waits for a time, or until the browser has gone.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
