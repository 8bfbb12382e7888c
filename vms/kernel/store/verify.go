package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// VerifyImage hashes every file of the image again. Its error names the first
// thing that is not as recorded; ErrAbsent if there is no record.
func (s *Store) VerifyImage(ctx context.Context, id string) error {
	r, err := s.readRecord(id)
	if err != nil {
		return err
	}
	list, err := readManifest(ctx, s.imageDir(id))
	if err != nil {
		return err
	}
	if list.digest() == r.Manifest {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", s.imageDir(id), ErrDigest, s.difference(id, list))
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

// VerifyBlobs hashes every package again and returns the digests of the bad
// ones, each with what is wrong.
func (s *Store) VerifyBlobs(ctx context.Context) (map[string]error, error) {
	digests, err := s.list("blobs")
	bad := map[string]error{}
	for _, want := range digests {
		name := filepath.Join(s.root, "blobs", want)
		digest, _, hashErr := hashFile(name)
		if hashErr == nil && digest != want {
			hashErr = fmt.Errorf("%s: %w: it has %s", name, ErrDigest, digest)
		}
		if hashErr != nil {
			bad[want] = hashErr
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
