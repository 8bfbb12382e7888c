//go:build linux

package qemu

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFindBinary(t *testing.T) {
	empty, usual := t.TempDir(), t.TempDir()
	libexec := filepath.Join(t.TempDir(), "qemu-kvm")
	for _, path := range []string{filepath.Join(usual, usualBinary), libexec} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	was := otherBinaries
	t.Cleanup(func() { otherBinaries = was })
	for _, test := range []struct {
		name, path, other, want string
	}{
		{"in PATH", usual, libexec, usualBinary},
		{"RHEL's", empty, libexec, libexec},
		{"none", empty, filepath.Join(empty, "qemu-kvm"), usualBinary},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("PATH", test.path)
			otherBinaries = []string{test.other}
			if got := FindBinary(); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}
