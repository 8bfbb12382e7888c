package store

import (
	"context"
	"fmt"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/lease"
)

// lock waits for the lock of the named thing, among goroutines and processes
// alike, and returns its release. A process that dies lets go of it.
func (s *Store) lock(ctx context.Context, name string) (func(), error) {
	path, err := s.path("locks", name+".lock")
	if err != nil {
		return nil, err
	}
	unlock, err := lease.Lock(ctx, path)
	if err != nil {
		return nil, cache.Explain(fmt.Errorf("cache lock %s: %w", path, err))
	}
	return unlock, nil
}
