package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/bpflab/bpflab/harness/report"
)

// What `bpflab workshop prepare` puts into a directory besides the kernels.
const (
	stickManifest = "workshop.json"
	stickProgram  = "bpflab"
	stickLabs     = "labs"
	stickObjects  = "objects"
	stickReadme   = "README.txt"
)

// stick is the manifest of a prepared directory. The keys are a published contract.
type stick struct {
	Schema  int                  `json:"schema"`
	Tool    string               `json:"tool"`
	Kernels []string             `json:"kernels"` // selectors; the first is the students'
	Files   map[string]stickFile `json:"files"`   // all but the manifest, by their paths in the directory
}

type stickFile struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const stickSchema = 1

// errNoStick is the error of a directory that `bpflab workshop prepare` has not made, such
// as one of `bpflab kernels save`.
var errNoStick = errors.New("no prepared workshop")

// stickNames are the names that a prepared directory has.
var stickNames = []string{"kernels.lock", "blobs", stickLabs, stickObjects, stickProgram, stickReadme}

// clearStick makes a directory, or removes what an earlier preparation has left in it. A
// directory that has such names of its own is not touched. Until writeStick the directory
// is marked as unfinished.
func clearStick(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	_, err := os.Stat(filepath.Join(dir, stickManifest))
	for _, name := range stickNames {
		path := filepath.Join(dir, name)
		if _, missing := os.Lstat(path); missing == nil && err != nil {
			return usageError{fmt.Errorf("%s is there already, and not from a prepared workshop: choose another directory", path)}
		}
		if err == nil {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, stickManifest), []byte("{}\n"), 0o644)
}

// writeStick writes the manifest of all files in a directory.
func writeStick(dir string, kernels []string) error {
	s := stick{Schema: stickSchema, Tool: version, Kernels: kernels, Files: map[string]stickFile{}}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == filepath.Join(dir, stickManifest) {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil {
			s.Files[filepath.ToSlash(rel)], err = digestOf(path)
		}
		return err
	})
	if err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, stickManifest))
	if err != nil {
		return err
	}
	return errors.Join(report.WriteJSON(out, s), out.Close())
}

func digestOf(path string) (stickFile, error) {
	in, err := os.Open(path)
	if err != nil {
		return stickFile{}, err
	}
	defer in.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, in)
	return stickFile{size, hex.EncodeToString(sum.Sum(nil))}, err
}

// openStick reads the manifest of a prepared directory, and all files that it lists. The
// error names the files that are missing or were changed, or is errNoStick.
func openStick(dir string) (stick, error) {
	var s stick
	text, err := os.ReadFile(filepath.Join(dir, stickManifest))
	if errors.Is(err, fs.ErrNotExist) {
		return s, errNoStick
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	switch {
	case err != nil:
		return s, fmt.Errorf("%s: %w", filepath.Join(dir, stickManifest), err)
	case s.Schema != stickSchema || len(s.Kernels) == 0:
		return s, fmt.Errorf("%s is unfinished, or of another bpflab (%s): prepare the directory again", filepath.Join(dir, stickManifest), cmp.Or(s.Tool, "unknown"))
	}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		if err := s.verify(dir, name); err != nil {
			wrong = append(wrong, err)
		}
	}
	if wrong != nil {
		return s, fmt.Errorf("%w\nprepare it again: bpflab workshop prepare %s", errors.Join(wrong...), dir)
	}
	return s, nil
}

// verify compares a file with the manifest.
func (s stick) verify(dir, name string) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("%s names %q, which is outside", stickManifest, name)
	}
	got, err := digestOf(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing", path)
	case err != nil:
		return err
	case got != s.Files[name]:
		return fmt.Errorf("%s was changed, or is damaged", path)
	}
	return nil
}
