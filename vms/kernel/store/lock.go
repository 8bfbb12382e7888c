package store

import (
	"context"
	"fmt"
	"time"

	"github.com/gofrs/flock"

	"github.com/bpflab/bpflab/vms/cache"
)

// poll is how often a lock that another process holds is asked for.
const poll = 50 * time.Millisecond

// lock waits for the lock of the named thing, among goroutines and processes
// alike, and returns its release. A process that dies lets go of it.
func (s *Store) lock(ctx context.Context, name string) (func(), error) {
	path, err := s.path("locks", name+".lock")
	if err != nil {
		return nil, err
	}
	l := flock.New(path)
	if _, err := l.TryLockContext(ctx, poll); err != nil {
		return nil, cache.Explain(fmt.Errorf("cache lock %s: %w", path, err))
	}
	return func() { _ = l.Unlock() }, nil
}
