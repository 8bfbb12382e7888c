//go:build linux

package qemu

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A script may start QEMU and wait for it, in place of becoming it.
func TestQEMUAsChildOfAScript(t *testing.T) {
	log := fakeProcess(t, works)
	binary := filepath.Join(t.TempDir(), "fake-qemu")
	text := fmt.Sprintf("#!/bin/sh\necho starting >&2\n'%s' \"$@\"\n", os.Args[0])
	if err := os.WriteFile(binary, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	started, err := fakeProvider(t, t.TempDir(), binary, "").Start(t.Context(), forkSpec(t))
	if err != nil {
		t.Fatal(err)
	}
	m := started.(*machine)
	if got := log(); got != "template fork" || m.Info().StartKind != "fork" {
		t.Errorf("a %s after %q", m.Info().StartKind, got)
	}
	proc := fmt.Sprintf("/proc/%d", m.process.Pid)
	exe, err := os.Readlink(filepath.Join(proc, "exe"))
	if err != nil || exe != os.Args[0] {
		t.Errorf("the process that is measured runs %s, error %v, want the fake", exe, err)
	}
	if m.Memory() <= 0 {
		t.Error("it holds no memory")
	}
	m.Close()
	for ends := time.Now().Add(10 * time.Second); runs(proc); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(ends) {
			t.Fatal("the fake is left behind")
		}
	}
}

// runs reports whether a process runs; one that nobody has reaped does not.
func runs(proc string) bool {
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
