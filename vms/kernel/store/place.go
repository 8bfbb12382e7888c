package store

import (
	"context"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/cache"
)

// place moves the flushed file or directory from into its place to, which
// lies on the same disk, and makes the move lasting.
func place(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return cache.Explain(err)
	}
	if err := clearFor(from, to); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return cache.Explain(err)
	}
	return flush(filepath.Dir(to))
}

// clearFor removes a directory from the place of a file, and a file from that of a
// directory: a rename would not.
func clearFor(from, to string) error {
	old, err := os.Lstat(to)
	if err != nil {
		return nil // there is nothing, which the rename will see
	}
	next, err := os.Lstat(from)
	if err == nil && next.IsDir() != old.IsDir() {
		err = os.RemoveAll(to)
	}
	return err
}

// flush brings one file or directory to disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return cache.Explain(f.Sync())
}

// write puts data at the path below root, whole or not at all, and before that its sum.
func (s *Store) write(ctx context.Context, data []byte, elements ...string) error {
	path, err := s.path(elements...)
	if err != nil {
		return err
	}
	if err := s.writeFile(ctx, cache.SumOf(data).Text(), cache.SumPath(path)); err != nil {
		return err
	}
	return s.writeFile(ctx, data, path)
}

func (s *Store) writeFile(ctx context.Context, data []byte, path string) error {
	dir, discard, err := s.temp()
	if err != nil {
		return err
	}
	defer discard()
	name := filepath.Join(dir, "data")
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return cache.Explain(err)
	}
	if err := flush(name); err != nil {
		return err
	}
	return place(name, path)
}
