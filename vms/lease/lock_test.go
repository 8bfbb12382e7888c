package lease

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLock(t *testing.T) { lockAndWait(t) }

// lockAndWait takes a lock, and wants a second one to wait for its release.
func lockAndWait(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made", "lock")
	unlock, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("enough")
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := Lock(ended, path); !errors.Is(err, why) {
		t.Fatalf("a second lock: %v, want the context's cause", err)
	}
	second := make(chan error)
	go func() {
		unlock, err := Lock(t.Context(), path)
		if err == nil {
			unlock()
		}
		second <- err
	}()
	select {
	case <-second:
		t.Error("the second lock did not wait for the first")
	case <-time.After(2 * lockPoll):
	}
	unlock()
	if err := <-second; err != nil {
		t.Error(err)
	}
}

func TestLockWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(t.Context(), filepath.Join(file, "lock")); err == nil {
		t.Error("a lock below a file")
	}
}

// A process that was killed while it held the lock of a file system without locks.
func TestHeldFileIsLeft(t *testing.T) {
	self := Self()
	of := func(change func(*Owner)) string { o := self; change(&o); return o.String() }
	for _, test := range []struct {
		name, owner string
		age         time.Duration
		left        bool
	}{
		{"living", self.String(), time.Hour, false},
		{"dead", of(func(o *Owner) { o.Start += "1" }), 0, true},
		{"of another host", of(func(o *Owner) { o.Host += "1" }), 0, false},
		{"of another host, long ago", of(func(o *Owner) { o.Host += "1" }), time.Hour, true},
		{"nobody's", "", 0, false},
		{"nobody's, long ago", "what is this", time.Hour, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lock.held")
			if err := os.WriteFile(path, []byte(test.owner), 0o644); err != nil {
				t.Fatal(err)
			}
			at := time.Now().Add(-test.age)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
			first, err := create(path)
			if first || err != nil {
				t.Fatalf("made over another's: %v, %v", first, err)
			}
			if second, err := create(path); second != test.left || err != nil {
				t.Errorf("then made: %v, %v, want %v", second, err, test.left)
			}
		})
	}
}

// Who holds the lock can be read in its file.
func TestHeldFileNamesItsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock.held")
	if ok, err := create(path); !ok || err != nil {
		t.Fatal(ok, err)
	}
	text, err := os.ReadFile(path)
	if err != nil || Parse(strings.TrimSpace(string(text))) != Self() {
		t.Errorf("%q, %v", text, err)
	}
}
