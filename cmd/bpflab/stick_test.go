package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// preparedDir returns a directory with a manifest of some files.
func preparedDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"kernels.lock": "{}", "blobs/abc": "a package", "objects/keys/k": "d\n", "bpflab": "a program"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeStick(dir, []string{"6.1"}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestStick opens prepared directories in which something is missing or was changed: the
// error names each file, whole, and what to do.
func TestStick(t *testing.T) {
	whole := preparedDir(t)
	if s, err := openStick(whole); err != nil || s.Kernels[0] != "6.1" || len(s.Files) != 4 {
		t.Fatalf("%+v %v", s, err)
	}
	if _, err := openStick(t.TempDir()); !errors.Is(err, errNoStick) {
		t.Errorf("a directory without a manifest: %v", err)
	}
	for _, c := range []struct {
		name   string
		damage func(dir string) error
		want   []string
	}{
		{"missing", func(dir string) error { return os.Remove(filepath.Join(dir, "blobs", "abc")) }, []string{"/blobs/abc is missing", "bpflab workshop prepare"}},
		{"changed", func(dir string) error { return os.WriteFile(filepath.Join(dir, "bpflab"), []byte("b program"), 0o644) }, []string{"/bpflab was changed"}},
		{"cut", func(dir string) error { return os.Truncate(filepath.Join(dir, "blobs", "abc"), 3) }, []string{"/blobs/abc was changed"}},
		{"two", func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "bpflab")), os.Remove(filepath.Join(dir, "kernels.lock")))
		}, []string{"/bpflab is missing", "/kernels.lock is missing"}},
		{"manifest", func(dir string) error { return os.WriteFile(filepath.Join(dir, stickManifest), []byte("{"), 0o644) }, []string{stickManifest}},
		{"other schema", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, stickManifest), []byte(`{"schema": 2, "tool": "v9"}`), 0o644)
		}, []string{stickManifest, "v9"}},
		{"outside", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, stickManifest), []byte(`{"schema": 1, "kernels": ["6.1"], "files": {"../x": {}}}`), 0o644)
		}, []string{`"../x"`, "outside"}},
	} {
		dir := preparedDir(t)
		if err := c.damage(dir); err != nil {
			t.Fatal(err)
		}
		_, err := openStick(dir)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", c.name, err, want)
			}
		}
		f := workshopFlags{}
		f.machines.origin.from = dir
		var usage usageError
		if err := f.usePrepared(); !errors.As(err, &usage) {
			t.Errorf("%s: the workshop: %v", c.name, err)
		}
	}
}

// TestClearStick prepares into directories that have files already: those of an earlier
// time are replaced, and nobody else's are touched.
func TestClearStick(t *testing.T) {
	dir := preparedDir(t)
	if err := clearStick(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "bpflab")); err == nil {
		t.Error("a file of an earlier time is still there")
	}
	if _, err := openStick(dir); err == nil || !strings.Contains(err.Error(), "unfinished") {
		t.Errorf("a preparation that was interrupted: %v", err)
	}
	if err := clearStick(dir); err != nil {
		t.Errorf("once more after that: %v", err)
	}
	theirs := t.TempDir()
	writeLab(t, filepath.Join(theirs, "labs"), "mine", plainLab)
	var usage usageError
	if err := clearStick(theirs); !errors.As(err, &usage) || !strings.Contains(err.Error(), "/labs is there already") {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(theirs, "labs", "mine", "lab.md")); err != nil {
		t.Error(err)
	}
}

// TestIsInside compares paths with that of a directory.
func TestIsInside(t *testing.T) {
	for path, want := range map[string]bool{"/usb": true, "/usb/labs": true, "/usb/../labs": false, "/usb2": false, "/": false} {
		if got, err := isInside(path, "/usb"); err != nil || got != want {
			t.Errorf("%s: %v %v", path, got, err)
		}
	}
}

// TestUsePrepared takes kernels, labs and objects from a prepared directory, unless flags
// name others.
func TestUsePrepared(t *testing.T) {
	dir := preparedDir(t)
	if err := os.MkdirAll(filepath.Join(dir, stickLabs), 0o755); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	t.Setenv("BPFLAB_CACHE", cache)
	f := workshopFlags{}
	f.machines.origin.from = dir
	if err := f.usePrepared(); err != nil || strings.Join(f.machines.kernels, " ") != "6.1" || f.labs != filepath.Join(dir, stickLabs) {
		t.Errorf("%v, kernels %v, labs %q", err, f.machines.kernels, f.labs)
	}
	if _, err := os.Stat(filepath.Join(objectCache(cache), "keys", "k")); err != nil {
		t.Error(err)
	}
	g := workshopFlags{given: given{kernels: true}, labs: "ours"}
	g.machines.origin.from, g.machines.kernels = dir, []string{"5.10"}
	if err := g.usePrepared(); err != nil || g.machines.kernels[0] != "5.10" || g.labs != "ours" {
		t.Errorf("%v, kernels %v, labs %q", err, g.machines.kernels, g.labs)
	}
}
