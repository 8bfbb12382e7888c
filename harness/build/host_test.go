package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A cache that cannot be written, as another user's, gives what is in it.
func TestCacheThatCannotBeWritten(t *testing.T) {
	needClang(t)
	dir := t.TempDir()
	made := mustBuild(t, New(Options{Cache: dir}), text("int a;\n"))
	locks := filepath.Join(dir, "locks")
	if err := os.RemoveAll(locks); err != nil {
		t.Fatal(err)
	}
	writeFile(t, locks, "no lock can be made here")
	if got := mustBuild(t, New(Options{Cache: dir}), text("int a;\n")); !got.Cached || got.SHA256 != made.SHA256 {
		t.Errorf("%+v, want the object in the cache", got)
	}
	_, err := New(Options{Cache: dir}).Object(t.Context(), text("int b;\n"))
	if !OfHost(err) || !strings.Contains(err.Error(), locks) {
		t.Errorf("error %v, want one of the host that names %s", err, locks)
	}
}

func TestNoTemporaryFiles(t *testing.T) {
	needClang(t)
	tmp := filepath.Join(t.TempDir(), "none")
	t.Setenv("TMPDIR", tmp)
	_, err := New(Options{}).Object(t.Context(), text("int a;\n"))
	if !OfHost(err) || strings.Count(err.Error(), "set TMPDIR") != 1 || !strings.Contains(err.Error(), tmp) {
		t.Errorf("error %v, want one of the host that says to set TMPDIR", err)
	}
}

func TestOfHost(t *testing.T) {
	needClang(t)
	_, err := New(Options{}).Object(t.Context(), text("int a\n"))
	if !errors.As(err, new(*CompileError)) || OfHost(err) {
		t.Errorf("%v is an error of the host", err)
	}
	if _, err := New(Options{Clang: "/nowhere/clang"}).Object(t.Context(), text("int a;\n")); !OfHost(err) {
		t.Errorf("%v is no error of the host", err)
	}
}
