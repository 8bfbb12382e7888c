package lease

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// noexec returns a directory where no program can be run, or skips.
func noexec(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("noexec", dir, "tmpfs", unix.MS_NOEXEC, "size=64k"); err != nil {
		t.Skipf("cannot mount a file system without programs here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestMkdirExec(t *testing.T) {
	good := t.TempDir()
	t.Setenv("TMPDIR", good)
	path, note, remove, err := MkdirExec(Prefix, filepath.Join(t.TempDir(), "other"))
	if err != nil || note != "" || filepath.Dir(path) != good {
		t.Fatalf("%q, note %q, %v", path, note, err)
	}
	remove()
	if left := names(t, good); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestMkdirExecElsewhere(t *testing.T) {
	bad, other := noexec(t), filepath.Join(t.TempDir(), "other")
	t.Setenv("TMPDIR", bad)
	path, note, remove, err := MkdirExec(Prefix, bad, other)
	if err != nil || filepath.Dir(path) != other {
		t.Fatalf("%q, %v, want one below %s", path, err, other)
	}
	defer remove()
	for _, want := range []string{bad, "noexec", other} {
		if !strings.Contains(note, want) {
			t.Errorf("note %q lacks %q", note, want)
		}
	}
	if _, _, _, err := MkdirExec(Prefix, bad); err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("nowhere to run programs: %v", err)
	}
	if left := names(t, bad); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestMkdirExecWithoutTemporaryFiles(t *testing.T) {
	none, other := filepath.Join(t.TempDir(), "none"), t.TempDir()
	t.Setenv("TMPDIR", none)
	path, note, remove, err := MkdirExec(Prefix, other)
	if err != nil || filepath.Dir(path) != other || !strings.Contains(note, none) {
		t.Fatalf("%q, note %q, %v", path, note, err)
	}
	remove()
	if _, err := os.Stat(path); err == nil {
		t.Error("the folder is there after its removal")
	}
}
