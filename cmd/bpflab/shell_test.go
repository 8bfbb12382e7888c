package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/verdict"
)

// TestShellWarnsOfADamagedObject builds a lab for a shell, damages the object in the
// cache, and builds the lab again.
func TestShellWarnsOfADamagedObject(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("BPFLAB_CACHE", cache)
	job := func() string {
		var said bytes.Buffer
		f := shellFlags{lab: "hello"}
		job, tree, err := f.job()
		if err == nil {
			_, err = f.build(t.Context(), &said, job.Lab, tree, "", &bundle.Files{})
		}
		if err != nil {
			t.Fatal(err)
		}
		return said.String()
	}
	if text := job(); text != "" {
		t.Errorf("the first time it said %q", text)
	}
	damaged := 0
	err := filepath.WalkDir(objectCache(cache), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(text, []byte("\x7fELF")) {
			return err
		}
		text[len(text)/2] ^= 1
		damaged++
		return os.WriteFile(path, text, 0o600)
	})
	if err != nil || damaged == 0 {
		t.Fatalf("%d objects are damaged: %v", damaged, err)
	}
	if text := job(); strings.Count(text, "\n") != damaged || !strings.Contains(text, "bpflab: warning:") || !strings.Contains(text, "it was compiled again") {
		t.Errorf("after damage to %d objects it said %q", damaged, text)
	}
	if text := job(); text != "" {
		t.Errorf("after the repair it said %q", text)
	}
}

// TestNothingIsSelectedOnATerminal selects no kernel, or no lab, in the verbs that need a
// terminal. The lock file pins no kernel.
func TestNothingIsSelectedOnATerminal(t *testing.T) {
	emptyWorld(t)
	lock := filepath.Join(t.TempDir(), "kernels.lock")
	if err := os.WriteFile(lock, []byte(emptyLock), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(lockVariable, lock)
	for _, c := range []struct {
		says string
		args []string
	}{
		{"kernel", []string{"shell", "--locked", "--kernel", "all"}},
		{"kernel", []string{"shell", "--locked", "--kernel", "all", "--lab", "hello"}},
		{"lab", []string{"shell", "--locked", "--kernel", "all", "--lab", "nothing"}},
		{"kernel", []string{"workshop", "--locked", "--kernel", "all"}},
		{"kernel", []string{"workshop", "hello", "--locked", "--kernel", "all"}},
		{"lab", []string{"workshop", "nothing", "--locked", "--kernel", "all"}},
		{"lab", []string{"workshop", t.TempDir(), "--locked", "--kernel", "all"}},
	} {
		console, tty, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		root := newRootCmd()
		root.SetIn(tty)
		root.SetOut(tty)
		root.SetErr(&stderr)
		root.SetArgs(c.args)
		err = root.ExecuteContext(t.Context())
		tty.Close()
		console.Close()
		if code := exitCode(err); code != verdict.ExitUsage || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") || stderr.Len() > 0 {
			t.Errorf("%q: exit code %d, want %d; %v; stderr %q", c.args, code, verdict.ExitUsage, err, stderr.String())
		}
	}
}
