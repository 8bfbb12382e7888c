//go:build linux

package template

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/lease"
)

// Store keeps templates in a directory. It is safe for many goroutines and many
// processes.
type Store struct {
	dir   string
	limit int64
	sums  *cache.Memo // of files' sums

	mu       sync.Mutex
	verified map[stamp]func() error
}

// New returns a store in dir, which is made when it is needed. All templates
// together may take limit bytes of the disk.
func New(dir string, limit int64) *Store {
	return &Store{dir: dir, limit: limit, sums: cache.NewMemo(filepath.Join(dir, ".sums")), verified: map[stamp]func() error{}}
}

// Dir returns the directory of the templates.
func (s *Store) Dir() string { return s.dir }

// Lock keeps all others, in this process and in any, from making a template of
// the key, until unlock. When ctx ends first, the error is its cause.
func (s *Store) Lock(ctx context.Context, key string) (unlock func(), err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	return lease.Lock(ctx, filepath.Join(s.dir, lockName(key)))
}

// lockName returns one of a few files, which are never removed: a lock on a removed file
// would exclude nobody.
func lockName(key string) string { return ".lock-" + key[:min(1, len(key))] }

// leastTemplate is less than any template takes on the disk, in bytes: a kernel that has
// just booted has written more.
const leastTemplate = 48 << 20

// CheckRoom returns an error if the disk has no room for any template, so that none is
// made in vain.
func (s *Store) CheckRoom() error {
	var at unix.Statfs_t
	if unix.Statfs(s.dir, &at) != nil {
		return nil // Save will see
	}
	if free := int64(at.Bavail) * at.Bsize; free < leastTemplate {
		return fmt.Errorf("save a template in %s, which has %d MiB free: %w", s.dir, free>>20, cache.Explain(unix.ENOSPC))
	}
	return nil
}

// Drop removes a template, if it is there.
func (s *Store) Drop(key string) error {
	aside, remove, err := lease.MkdirTemp(s.dir, tempPrefix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer remove()
	err = os.Rename(filepath.Join(s.dir, key), filepath.Join(aside, "old"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// tempPrefix marks directories that are being written or removed.
const tempPrefix = ".new-"
