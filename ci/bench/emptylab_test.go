package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
)

func TestEmptyLabIsALab(t *testing.T) {
	b := &bench{dir: t.TempDir()}
	file, err := b.writeEmptyLab("empty", "true")
	if err != nil {
		t.Fatal(err)
	}
	found, err := lab.Parse(os.DirFS(filepath.Dir(filepath.Dir(file))), "empty/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Steps) != 1 || len(found.Steps[0].Checks) != 1 {
		t.Errorf("got %+v", found.Steps)
	}
}
