package store

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Prune removes the images and packages of all kernels but those in keep, and
// what is left of interrupted work.
func (s *Store) Prune(ctx context.Context, keep []kernel.Ref) error {
	images, blobs := kept(keep)
	if err := s.pruneImages(ctx, images); err != nil {
		return err
	}
	for _, dir := range []string{"blobs", "partial"} {
		if err := s.pruneFiles(ctx, dir, blobs); err != nil {
			return err
		}
	}
	_, discard, err := s.temp() // sweeps
	if err == nil {
		discard()
	}
	return err
}

func kept(refs []kernel.Ref) (images, blobs map[string]bool) {
	images, blobs = map[string]bool{}, map[string]bool{}
	for _, r := range refs {
		images[r.ID()] = true
		for _, f := range r.Files {
			blobs[f.SHA256] = true
		}
	}
	return images, blobs
}

func (s *Store) pruneImages(ctx context.Context, keep map[string]bool) error {
	ids, err := s.ImageIDs()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if keep[id] {
			continue
		}
		if err := s.RemoveImage(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) pruneFiles(ctx context.Context, dir string, keep map[string]bool) error {
	names, err := s.list(dir)
	if err != nil {
		return err
	}
	for _, digest := range names {
		if keep[digest] && dir == "blobs" {
			continue
		}
		unlock, err := s.lock(ctx, digest)
		if err != nil {
			return err
		}
		err = os.RemoveAll(filepath.Join(s.root, dir, digest))
		unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// Size returns the size of everything in the store, in bytes.
func (s *Store) Size() int64 { return sizeOf(s.root) }

// ImageSize returns the disk space of one image in bytes, 0 if it is absent.
func (s *Store) ImageSize(id string) int64 {
	r, err := s.readRecord(id)
	if err != nil {
		return 0
	}
	return r.Size
}

func sizeOf(dir string) (sum int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // removed while this one looked
		}
		if info, err := e.Info(); err == nil && info.Mode()&os.ModeType == 0 {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
