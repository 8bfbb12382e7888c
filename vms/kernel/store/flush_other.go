//go:build !linux

package store

import (
	"os"
	"path/filepath"
)

// flushTree brings every file of the tree at dir to disk.
func flushTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		return flush(path)
	})
}
