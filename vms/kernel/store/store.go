// Package store keeps kernels on disk for many processes at once:
//
//	ROOT/blobs/SHA256       packages and imported files, by their digest
//	ROOT/images/ID/         an unpacked kernel: vmlinuz, vmlinux, config, modules
//	ROOT/images/ID.sha256   the digest of every file of it
//	ROOT/images/ID.json     its record, with the digest of that list
//	ROOT/local/NAME.json    what an import stands for
//	ROOT/state/             small records of the sources
//	ROOT/partial/SHA256     a download whose process was killed; the next one resumes it
//	ROOT/tmp/               work in progress, removed once its process is dead
//	ROOT/locks/             one lock file for each thing being made
//
// Records and states have a sum beside them (package cache). Nothing under blobs or
// images is ever half written: it is made in tmp (or
// partial), flushed, and renamed into place under a lock. Deleting ROOT as a
// whole is always safe while no bpflab runs.
package store

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/download"
)

// Store is a cache below one directory. Its methods are safe for concurrent
// use, also by several processes.
type Store struct {
	root     string
	packages string // see Options
	client   download.Client
	progress kernel.Progress
	checker  cache.Checker
}

// Options of Open. The zero value is ready for use.
type Options struct {
	Root     string // "" means DefaultRoot
	Packages string // directory with files named by their digest, looked in before a download; "" for none
	Client   download.Client
	Progress kernel.Progress // nil: no reports
}

// DefaultRoot returns $BPFLAB_CACHE, else bpflab in the user's cache directory.
func DefaultRoot() (string, error) {
	if dir := os.Getenv("BPFLAB_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the cache: %w; set BPFLAB_CACHE to a directory", err)
	}
	return filepath.Join(dir, "bpflab"), nil
}

// Open returns the store below o.Root. It touches nothing; directories are
// made when something is written.
func Open(o Options) (*Store, error) {
	root, err := o.Root, error(nil)
	if root == "" {
		root, err = DefaultRoot()
	} else {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return nil, err
	}
	if o.Progress == nil {
		o.Progress = silent{}
	}
	return &Store{root: root, packages: o.Packages, client: o.Client, progress: o.Progress}, nil
}

// Root returns the store's directory.
func (s *Store) Root() string { return s.root }

// path joins root and elements and makes its directory.
func (s *Store) path(elements ...string) (string, error) {
	p := filepath.Join(append([]string{s.root}, elements...)...)
	return p, cache.Explain(os.MkdirAll(filepath.Dir(p), 0o755))
}

type silent struct{}

func (silent) Bytes(string, int64, int64) {}
func (silent) Note(string)                {}
