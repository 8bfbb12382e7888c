package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"github.com/bpflab/bpflab/vms/cache"
)

// temp makes an empty directory below tmp and returns it with its removal. It
// is held by a lock file beside it, so that others can tell a live one from
// what a dead process left; those are removed on the way.
func (s *Store) temp(ctx context.Context) (string, func(), error) {
	unlock, err := s.lock(ctx, "tmp")
	if err != nil {
		return "", nil, err
	}
	defer unlock()
	if err := s.sweep(); err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp(filepath.Join(s.root, "tmp"), "work-")
	if err != nil {
		return "", nil, cache.Explain(err)
	}
	held := flock.New(dir + ".lock")
	if _, err := held.TryLock(); err != nil {
		_ = os.RemoveAll(dir)
		return "", nil, cache.Explain(err)
	}
	return dir, func() { discard(dir, held) }, nil
}

// sweep removes what dead processes left. The caller holds the lock "tmp".
func (s *Store) sweep() error {
	tmp := filepath.Join(s.root, "tmp")
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return cache.Explain(err)
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "work-") && e.IsDir() {
			sweepOne(filepath.Join(tmp, e.Name()))
		}
	}
	return nil
}

func sweepOne(dir string) {
	held := flock.New(dir + ".lock")
	if free, err := held.TryLock(); err == nil && free {
		discard(dir, held)
	}
}

// discard removes the directory, then its lock file, then lets go.
func discard(dir string, held *flock.Flock) {
	_ = os.RemoveAll(dir)
	_ = os.Remove(dir + ".lock")
	_ = held.Unlock()
}
