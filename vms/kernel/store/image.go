package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
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

// Image returns the image with absolute paths. The error is ErrAbsent; where the image is
// damaged, in a way that is seen without reading all of it, a *cache.DamagedError is in it.
func (s *Store) Image(id string) (kernel.Image, error) {
	r, err := s.readRecord(id)
	if err != nil {
		return kernel.Image{}, err
	}
	if _, err := s.readList(id, r); err != nil {
		return kernel.Image{}, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	for _, b := range r.Boot {
		if err := s.checkBoot(s.ImageDir(id), b); err != nil {
			return kernel.Image{}, fmt.Errorf("%w: %w", ErrAbsent, err)
		}
	}
	image := absolute(r.Image, s.ImageDir(id))
	if info, err := os.Lstat(image.Modules); image.Modules != "" && (err != nil || !info.IsDir()) {
		return kernel.Image{}, fmt.Errorf("%w: %w", ErrAbsent, &cache.DamagedError{File: image.Modules, Err: errors.New("it is no directory")})
	}
	return image, nil
}

// Build returns the image, made by fill if it is absent or damaged; Image.Warning then
// names the damage. fill lays it out in an empty directory and returns it with paths
// relative to that. Only one of many callers makes it. An error leaves nothing behind.
func (s *Store) Build(ctx context.Context, id string, fill func(dir string) (kernel.Image, error)) (kernel.Image, error) {
	if image, err := s.Image(id); err == nil {
		return image, nil
	}
	unlock, err := s.lock(ctx, "image-"+id)
	if err != nil {
		return kernel.Image{}, err
	}
	defer unlock()
	image, err := s.Image(id)
	if err == nil { // made while this one waited
		return image, nil
	}
	return s.rebuild(ctx, id, err, fill)
}

// Rebuild builds an image again in which Check has found damage, even damage that Image does not
// notice. If another process has done so meanwhile, it returns that image.
func (s *Store) Rebuild(ctx context.Context, id string, damage error, fill func(dir string) (kernel.Image, error)) (kernel.Image, error) {
	unlock, err := s.lock(ctx, "image-"+id)
	if err != nil {
		return kernel.Image{}, err
	}
	defer unlock()
	if s.VerifyImage(ctx, id) == nil {
		return s.Image(id)
	}
	return s.rebuild(ctx, id, damage, fill)
}

// rebuild makes the image; the caller holds its lock. damage is why the one that is there
// will not do, ErrAbsent if there is none.
func (s *Store) rebuild(ctx context.Context, id string, damage error, fill func(dir string) (kernel.Image, error)) (kernel.Image, error) {
	var warning string
	var damaged *cache.DamagedError
	if errors.As(damage, &damaged) {
		warning = damaged.Error() + "; the kernel is unpacked again"
		s.progress.Note(warning)
	}
	listAlone := damaged != nil && damaged.File == s.manifestPath(id)
	if !listAlone || s.restoreList(ctx, id) != nil {
		more, err := s.build(ctx, id, fill)
		if err != nil {
			return kernel.Image{}, err
		}
		warning = strings.Trim(warning+"; "+more, "; ")
	}
	image, err := s.Image(id)
	image.Warning = warning
	return image, err
}

// restoreList writes the list of an image's files again, if it alone is damaged.
func (s *Store) restoreList(ctx context.Context, id string) error {
	r, err := s.readRecord(id)
	if err != nil {
		return err
	}
	list, err := readManifest(ctx, s.ImageDir(id))
	if err == nil && list.digest() != r.Manifest {
		err = ErrDigest
	}
	if err != nil {
		return err
	}
	if err := s.writeFile(ctx, list.text(), s.manifestPath(id)); err != nil {
		return err
	}
	_, err = s.Image(id)
	return err
}

// build makes the image and returns the warning that fill gave it, which is not recorded.
func (s *Store) build(ctx context.Context, id string, fill func(dir string) (kernel.Image, error)) (warning string, err error) {
	work, discard, err := s.temp()
	if err != nil {
		return "", err
	}
	defer discard()
	dir := filepath.Join(work, "image")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", cache.Explain(err)
	}
	image, err := fill(dir)
	if err != nil {
		return "", cache.Explain(err)
	}
	if err := flushTree(dir); err != nil {
		return "", cache.Explain(err)
	}
	warning, image.Warning = image.Warning, ""
	return warning, s.admit(ctx, id, dir, image)
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
	if err := s.writeFile(ctx, list.text(), s.manifestPath(id)); err != nil {
		return err
	}
	if err := place(dir, s.ImageDir(id)); err != nil {
		return err
	}
	r := record{Schema: recordSchema, Image: image, Manifest: list.digest(), Size: list.size()}
	r.Boot, err = bootFiles(s.ImageDir(id), list, image)
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

// checkBoot looks at a file, and reads it if its time is not as recorded.
func (s *Store) checkBoot(dir string, b bootFile) error {
	name := filepath.Join(dir, b.Path)
	if err := cache.Inspect(name, b.Size); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil || info.ModTime().Equal(b.Changed) {
		return err
	}
	return s.checker.Check(name, cache.Sum{Size: b.Size, SHA256: b.SHA256})
}

// readRecord returns the record of an image. Those of an older bpflab have no sum.
func (s *Store) readRecord(id string) (record, error) {
	var r record
	text, err := cache.Read(s.recordPath(id))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return r, ErrAbsent
	case err != nil && !errors.Is(err, cache.ErrNoSum):
		return r, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%w: %w", ErrAbsent, &cache.DamagedError{File: s.recordPath(id), Err: err})
	}
	if r.Schema != recordSchema {
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
		cache.Remove(s.recordPath(id)),
		os.RemoveAll(s.manifestPath(id)),
		os.RemoveAll(s.ImageDir(id)),
	)
}

// ImageDir returns the directory of an image.
func (s *Store) ImageDir(id string) string     { return filepath.Join(s.root, "images", id) }
func (s *Store) recordPath(id string) string   { return s.ImageDir(id) + ".json" }
func (s *Store) manifestPath(id string) string { return s.ImageDir(id) + ".sha256" }

// absolute puts dir in front of the paths that are set.
func absolute(image kernel.Image, dir string) kernel.Image {
	for _, p := range []*string{&image.Kernel, &image.Vmlinux, &image.Modules, &image.Config} {
		if *p != "" {
			*p = filepath.Join(dir, *p)
		}
	}
	return image
}
