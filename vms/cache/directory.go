package cache

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Files returns the paths of what has a suffix in a directory, by name; none if it
// cannot be read.
func Files(dir, suffix string) []string {
	entries, _ := os.ReadDir(dir)
	var files []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}

// VerifyFiles checks the files that Create wrote in a directory, by their suffix. It
// returns the damaged ones, and how many are sound.
func (c *Checker) VerifyFiles(kind, dir, suffix string) (bad []Finding, sound int) {
	for _, file := range Files(dir, suffix) {
		if err := c.CheckFile(file); err != nil {
			bad = append(bad, Finding{Kind: kind, Path: file, Err: err})
			continue
		}
		sound++
	}
	return bad, sound
}

// RemoveLoneSums removes the sums in a directory whose files are gone.
func RemoveLoneSums(dir string) error {
	var errs []error
	for _, sum := range Files(dir, sumSuffix) {
		if _, err := os.Lstat(strings.TrimSuffix(sum, sumSuffix)); errors.Is(err, os.ErrNotExist) {
			errs = append(errs, os.RemoveAll(sum))
		}
	}
	return errors.Join(errs...)
}
