package session

import (
	"testing"
	"time"
)

// A machine is not silent because bpflab was stopped, and is if it says nothing afterwards.
func TestSilenceOfAStoppedHost(t *testing.T) {
	now := time.Now()
	heard := now
	l := &listener{last: now, since: now}
	for _, look := range []struct {
		after time.Duration // the look before
		heard bool          // since then
		want  time.Duration
	}{
		{time.Second, true, 0},
		{time.Second, false, time.Second},
		{9 * time.Second, false, 10 * time.Second}, // a busy host
		{10 * time.Minute, false, 0},
		{time.Second, false, time.Second},
		{4 * time.Second, false, 5 * time.Second},
		{time.Second, true, 0},
		{8 * time.Second, false, 8 * time.Second},
	} {
		now = now.Add(look.after)
		if look.heard {
			heard = now
		}
		if got := l.silence(now, now.Sub(heard)); got != look.want {
			t.Errorf("%v after the look before: silent for %v, want %v", look.after, got, look.want)
		}
	}
}
