package kerneltest

import (
	"io/fs"
	"path/filepath"
	"testing"
)

// Tree returns the paths of all files below dir, relative to it, in lexical order.
func Tree(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			relative, _ := filepath.Rel(dir, name)
			names = append(names, relative)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
