package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The loader maps no library, nor the program itself, where programs cannot be run.
func TestProgramWhereNoneCanRun(t *testing.T) {
	program, err := os.ReadFile("/bin/ls")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	if err := unix.Mount("noexec", dir, "tmpfs", unix.MS_NOEXEC, ""); err != nil {
		t.Skipf("cannot mount a file system without programs here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	path := filepath.Join(dir, "ls")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if loader, err := loaderOf(path); err != nil || loader == "" {
		t.Skipf("ls has no loader: %v", err)
	}
	if err := new(Files).Program(path); err == nil || !strings.Contains(err.Error(), "noexec") {
		t.Errorf("error %v, want the reason", err)
	}
}
