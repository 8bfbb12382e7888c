package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
)

// manifest lists the files of an image, ordered by path.
type manifest []manifestEntry

type manifestEntry struct {
	path   string
	size   int64
	sha256 string
}

// readManifest hashes every file below dir. Anything but directories and
// plain files is an error.
func readManifest(ctx context.Context, dir string) (manifest, error) {
	return readTree(ctx, dir, func(name string, _ os.DirEntry) error {
		return fmt.Errorf("%s is no plain file", name)
	})
}

// readTree hashes the plain files below dir; other decides on the rest.
func readTree(ctx context.Context, dir string, other func(string, os.DirEntry) error) (manifest, error) {
	var list manifest
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil || e.IsDir() {
			return err
		}
		if !e.Type().IsRegular() {
			return other(name, e)
		}
		sum, err := cache.SumFile(name)
		relative, relErr := filepath.Rel(dir, name)
		list = append(list, manifestEntry{relative, sum.Size, sum.SHA256})
		return errors.Join(err, relErr)
	})
	return list, err
}

// text returns what sha256sum writes, so that sha256sum -c can check an image.
func (m manifest) text() []byte {
	var b bytes.Buffer
	for _, e := range m {
		fmt.Fprintf(&b, "%s  %s\n", e.sha256, e.path)
	}
	return b.Bytes()
}

// parseManifest reads a list that text has written; sizes are unknown.
func parseManifest(text []byte) manifest {
	var list manifest
	for line := range strings.Lines(string(text)) {
		digest, path, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if ok {
			list = append(list, manifestEntry{path, cache.AnySize, digest})
		}
	}
	return list
}

func (m manifest) digest() string {
	sum := sha256.Sum256(m.text())
	return hex.EncodeToString(sum[:])
}

func (m manifest) size() int64 {
	var sum int64
	for _, e := range m {
		sum += e.size
	}
	return sum
}

// TreeFile describes the plain files below dir as one: the digest is that of
// their list. Links are left out.
func (s *Store) TreeFile(ctx context.Context, dir string) (kernel.File, error) {
	list, err := readTree(ctx, dir, func(string, os.DirEntry) error { return nil })
	base := filepath.Base(dir)
	return kernel.File{Package: "modules", Path: base, Size: list.size(), SHA256: list.digest()}, err
}
