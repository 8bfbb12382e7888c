package lease

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/denytest"
)

// NFS without its lock manager.
func TestWithoutLocks(t *testing.T) {
	if !denytest.Run(t, unix.ENOLCK, unix.SYS_FLOCK) {
		return
	}
	lockAndWait(t)
	dir := t.TempDir()
	if HasLocks(dir) {
		t.Error("the file system has locks")
	}
	path, remove, err := MkdirTemp(dir, "a-")
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	removeAbandoned(path)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a folder of which nobody knows whether it is held was removed: %v", err)
	}
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	removeAbandoned(path)
	if _, err := os.Stat(path); err == nil {
		t.Error("a folder of two days ago stays")
	}
	f, err := CreateTemp(dir, "a-")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if OwnerOf(filepath.Base(f.Name())) != Self() {
		t.Errorf("%s does not name its owner", f.Name())
	}
}

func TestHasLocks(t *testing.T) {
	if !HasLocks(t.TempDir()) {
		t.Error("a file system on this machine has no locks")
	}
	if !HasLocks("/nowhere") {
		t.Error("a file system that is not there has no locks")
	}
}
