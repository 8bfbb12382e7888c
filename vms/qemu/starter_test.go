//go:build linux

package qemu

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestCannotHold(t *testing.T) {
	script := filepath.Join(t.TempDir(), "qemu")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := CannotHold(script); !errors.Is(err, errScript) {
		t.Errorf("a script: %v", err)
	}
	if runtime.GOARCH != "amd64" {
		return
	}
	shell, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := CannotHold(shell); err != nil && !errors.Is(err, os.ErrPermission) {
		t.Errorf("a shell: %v", err)
	}
}

// TestStarters has a QEMU replaced: its fork server ends, and the new one gets its own.
func TestStarters(t *testing.T) {
	shell, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	first := starterOf(build{path: shell, version: "1"}, false)
	if starterOf(build{path: shell, version: "1"}, false) != first {
		t.Error("one QEMU has two starters")
	}
	t.Setenv("BPFLAB_TEST_STARTER", "1")
	if starterOf(build{path: shell, version: "1"}, false) == first {
		t.Error("another environment has the starter of the first")
	}
	second := starterOf(build{path: shell, version: "2"}, false)
	if first == second {
		t.Error("another QEMU has the starter of the first")
	}
	first.giveUp(errReplaced) // as it does by itself
	if first.forkServer() != nil || !errors.Is(first.why, errReplaced) {
		t.Errorf("the first QEMU is still held: %v", first.why)
	}
	if second.forkServer() == nil && second.why == nil {
		t.Error("the second is not held, and nothing says why")
	}
	second.giveUp(errReplaced)
	if (*starter)(nil).forkServer() != nil {
		t.Error("no starter has a fork server")
	}
}
