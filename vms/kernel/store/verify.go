package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/cache"
)

// VerifyImage hashes every file of the image again. Its error names the first
// thing that is not as recorded; ErrAbsent if there is no record.
func (s *Store) VerifyImage(ctx context.Context, id string) error {
	r, err := s.readRecord(id)
	if err != nil {
		return err
	}
	list, err := readManifest(ctx, s.ImageDir(id))
	if err != nil {
		return cmp.Or(ctx.Err(), error(&cache.DamagedError{File: s.ImageDir(id), Err: err}))
	}
	for _, e := range list {
		if err := cache.Inspect(filepath.Join(s.ImageDir(id), e.path), e.size); err != nil {
			return err
		}
	}
	if list.digest() != r.Manifest {
		return &cache.DamagedError{File: s.ImageDir(id), Err: fmt.Errorf("%w: %s", ErrDigest, s.difference(id, list))}
	}
	if _, err := s.readList(id, r); err != nil {
		return err
	}
	_, err = s.Image(id)
	return err
}

// readList returns the list of an image's files as it was written.
func (s *Store) readList(id string, r record) (manifest, error) {
	name := s.manifestPath(id)
	if err := cache.Inspect(name, cache.AnySize); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if cache.SumOf(text).SHA256 != r.Manifest {
		return nil, &cache.DamagedError{File: name, Err: ErrDigest}
	}
	return parseManifest(text), nil
}

// Check reads files of an image, and all files below directories of it, by their paths
// relative to it. It returns a *cache.DamagedError unless they are what was unpacked. A
// process reads each only once, as long as it does not change.
func (s *Store) Check(ctx context.Context, id string, paths ...string) error {
	r, err := s.readRecord(id)
	if err != nil {
		return err
	}
	list, err := s.readList(id, r)
	if err != nil {
		return err
	}
	checked := 0
	for _, e := range list {
		if !slices.ContainsFunc(paths, func(p string) bool { return e.path == p || strings.HasPrefix(e.path, p+"/") }) {
			continue
		}
		checked++
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.checker.Check(filepath.Join(s.ImageDir(id), e.path), cache.Sum{Size: e.size, SHA256: e.sha256}); err != nil {
			return err
		}
	}
	if checked < len(paths) {
		return fmt.Errorf("%s does not list all of %q", s.manifestPath(id), paths)
	}
	return nil
}

// difference names the first line in which the image differs from its list.
func (s *Store) difference(id string, list manifest) string {
	recorded, err := os.ReadFile(s.manifestPath(id))
	if err != nil {
		return err.Error()
	}
	want := bytes.Split(recorded, []byte("\n"))
	for i, line := range bytes.Split(list.text(), []byte("\n")) {
		if i >= len(want) || !bytes.Equal(line, want[i]) {
			_, name, _ := strings.Cut(string(line), "  ")
			return "at file " + name
		}
	}
	return "files are missing"
}

// ImageIDs returns the images that are there, sound or not.
func (s *Store) ImageIDs() ([]string, error) {
	names, err := s.list("images")
	var ids []string
	for _, name := range names {
		if id, _, _ := strings.Cut(name, "."); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// VerifyRecords reads the records of imports and the states of sources and returns those
// that are damaged.
func (s *Store) VerifyRecords() []cache.Finding {
	var bad []cache.Finding
	for _, dir := range []struct{ kind, name, suffix string }{{"import", "local", ".json"}, {"state", "state", ""}} {
		for _, file := range cache.Files(filepath.Join(s.root, dir.name), dir.suffix) {
			if cache.IsSum(file) {
				continue
			}
			if _, err := cache.Read(file); err != nil && !errors.Is(err, cache.ErrNoSum) {
				bad = append(bad, cache.Finding{Kind: dir.kind, Path: file, Err: err})
			}
		}
	}
	return bad
}

// VerifyBlobs hashes every package again and returns the digests of the bad
// ones, each with what is wrong.
func (s *Store) VerifyBlobs(ctx context.Context) (map[string]error, error) {
	digests, err := s.list("blobs")
	bad := map[string]error{}
	for _, want := range digests {
		name := filepath.Join(s.root, "blobs", want)
		if err := s.checker.Check(name, cache.Sum{Size: cache.AnySize, SHA256: want}); err != nil {
			bad[want] = err
		}
		if ctx.Err() != nil {
			return bad, ctx.Err()
		}
	}
	return bad, err
}

// RemoveImage removes the image, so that it is made anew when it is next asked
// for.
func (s *Store) RemoveImage(ctx context.Context, id string) error {
	unlock, err := s.lock(ctx, "image-"+id)
	if err != nil {
		return err
	}
	defer unlock()
	return s.removeImage(id)
}

// list returns the names in a directory below root, none if it is not there.
func (s *Store) list(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.root, dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}
