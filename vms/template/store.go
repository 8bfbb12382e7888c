//go:build linux

package template

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/bpflab/bpflab/vms/lease"
)

// Store keeps templates in a directory. It is safe for many goroutines and many
// processes.
type Store struct {
	dir   string
	limit int64

	mu       sync.Mutex
	verified map[stamp]func() error
}

// New returns a store in dir, which is made when it is needed. All templates
// together may take limit bytes of the disk.
func New(dir string, limit int64) *Store {
	return &Store{dir: dir, limit: limit, verified: map[stamp]func() error{}}
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
