package store

import (
	"context"
	"os"
	"path/filepath"
)

// place moves the flushed file or directory from into its place to, which
// lies on the same disk, and makes the move lasting.
func place(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return explain(err)
	}
	if err := os.Rename(from, to); err != nil {
		return explain(err)
	}
	return flush(filepath.Dir(to))
}

// flush brings one file or directory to disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return explain(f.Sync())
}

// write puts data at the path below root, whole or not at all.
func (s *Store) write(ctx context.Context, data []byte, elements ...string) error {
	path, err := s.path(elements...)
	if err != nil {
		return err
	}
	dir, discard, err := s.temp(ctx)
	if err != nil {
		return err
	}
	defer discard()
	name := filepath.Join(dir, "data")
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return explain(err)
	}
	if err := flush(name); err != nil {
		return err
	}
	return place(name, path)
}
