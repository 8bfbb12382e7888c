package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

// ErrAbsent is an image that is not in the store, or no longer what its
// record says.
var ErrAbsent = errors.New("not in the cache")

// recordSchema changes when images are laid out in another way; older ones
// then count as absent.
const recordSchema = 1

// record is what ROOT/images/ID.json holds.
type record struct {
	Schema   int          `json:"schema"`
	Image    kernel.Image `json:"image"`    // paths relative to ROOT/images/ID
	Manifest string       `json:"manifest"` // SHA-256 of ROOT/images/ID.sha256
	Size     int64        `json:"size"`     // bytes of all files
	Boot     []bootFile   `json:"boot"`     // what a machine is booted with
}

// bootFile is looked at before each use: a change of size or time has the
// file hashed again.
type bootFile struct {
	Path    string    `json:"path"`
	Size    int64     `json:"size"`
	Changed time.Time `json:"changed"`
	SHA256  string    `json:"sha256"`
}

// Image returns the image with absolute paths, or ErrAbsent.
func (s *Store) Image(id string) (kernel.Image, error) {
	r, err := s.readRecord(id)
	if err != nil {
		return kernel.Image{}, err
	}
	for _, b := range r.Boot {
		if err := b.check(s.imageDir(id)); err != nil {
			return kernel.Image{}, fmt.Errorf("%w: %w", ErrAbsent, err)
		}
	}
	return absolute(r.Image, s.imageDir(id)), nil
}

// Build returns the image, made by fill if it is absent: fill lays it out in
// an empty directory and returns it with paths relative to that. Only one of
// many callers makes it. An error leaves nothing behind.
func (s *Store) Build(ctx context.Context, id string, fill func(dir string) (kernel.Image, error)) (kernel.Image, error) {
	if image, err := s.Image(id); err == nil {
		return image, nil
	}
	unlock, err := s.lock(ctx, "image-"+id)
	if err != nil {
		return kernel.Image{}, err
	}
	defer unlock()
	if image, err := s.Image(id); err == nil { // made while this one waited
		return image, nil
	}
	if err := s.build(ctx, id, fill); err != nil {
		return kernel.Image{}, err
	}
	return s.Image(id)
}

func (s *Store) build(ctx context.Context, id string, fill func(dir string) (kernel.Image, error)) error {
	work, discard, err := s.temp(ctx)
	if err != nil {
		return err
	}
	defer discard()
	dir := filepath.Join(work, "image")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return explain(err)
	}
	image, err := fill(dir)
	if err != nil {
		return explain(err)
	}
	if err := flushTree(dir); err != nil {
		return explain(err)
	}
	return s.admit(ctx, id, dir, image)
}

// admit moves a finished image into place. The record comes last: without it
// there is no image.
func (s *Store) admit(ctx context.Context, id, dir string, image kernel.Image) error {
	list, err := readManifest(ctx, dir)
	if err != nil {
		return err
	}
	if err := s.removeImage(id); err != nil {
		return err
	}
	if err := s.write(ctx, list.text(), "images", id+".sha256"); err != nil {
		return err
	}
	if err := place(dir, s.imageDir(id)); err != nil {
		return err
	}
	r := record{Schema: recordSchema, Image: image, Manifest: list.digest(), Size: list.size()}
	r.Boot, err = bootFiles(s.imageDir(id), list, image)
	if err != nil {
		return err
	}
	return s.writeRecord(ctx, id, r)
}

func bootFiles(dir string, list manifest, image kernel.Image) ([]bootFile, error) {
	var files []bootFile
	for _, e := range list {
		if e.path != image.Kernel && e.path != image.Vmlinux && e.path != image.Config {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.path))
		if err != nil {
			return nil, err
		}
		files = append(files, bootFile{e.path, e.size, info.ModTime(), e.sha256})
	}
	return files, nil
}

func (b bootFile) check(dir string) error {
	name := filepath.Join(dir, b.Path)
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.Size() == b.Size && info.ModTime().Equal(b.Changed) {
		return nil
	}
	digest, _, err := hashFile(name)
	if err == nil && digest != b.SHA256 {
		err = fmt.Errorf("%s: %w", name, ErrDigest)
	}
	return err
}

func (s *Store) readRecord(id string) (record, error) {
	var r record
	text, err := os.ReadFile(s.recordPath(id))
	if errors.Is(err, os.ErrNotExist) {
		return r, ErrAbsent
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil || r.Schema != recordSchema {
		return r, ErrAbsent
	}
	return r, nil
}

func (s *Store) writeRecord(ctx context.Context, id string, r record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return s.write(ctx, append(text, '\n'), "images", id+".json")
}

// removeImage takes the record away first: what is left then is no image.
func (s *Store) removeImage(id string) error {
	return errors.Join(
		remove(s.recordPath(id)),
		remove(s.manifestPath(id)),
		os.RemoveAll(s.imageDir(id)),
	)
}

func (s *Store) imageDir(id string) string     { return filepath.Join(s.root, "images", id) }
func (s *Store) recordPath(id string) string   { return s.imageDir(id) + ".json" }
func (s *Store) manifestPath(id string) string { return s.imageDir(id) + ".sha256" }

// absolute puts dir in front of the paths that are set.
func absolute(image kernel.Image, dir string) kernel.Image {
	for _, p := range []*string{&image.Kernel, &image.Vmlinux, &image.Modules, &image.Config} {
		if *p != "" {
			*p = filepath.Join(dir, *p)
		}
	}
	return image
}
