package bpf_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/bpf"
)

func TestEverySolutionHasAStarter(t *testing.T) {
	files, err := fs.Glob(bpf.FS, "*.bpf.c")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d solutions embedded, %v", len(files), err)
	}
	for _, file := range files {
		solution, err := fs.ReadFile(bpf.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		starter, err := fs.ReadFile(bpf.FS, "starter/"+file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if string(starter) == string(solution) {
			t.Errorf("starter/%s is the solution", file)
		}
	}
}

func TestEveryFileNamesItsLicence(t *testing.T) {
	const spdx = "SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause"
	err := fs.WalkDir(bpf.FS, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(bpf.FS, file)
		if first, _, _ := strings.Cut(string(text), "\n"); err == nil && !strings.Contains(first, spdx) {
			t.Errorf("%s: its first line does not say %q", file, spdx)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
