package store

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT ROOT: a full disk needs a small tmpfs")
	}
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=100k"); err != nil {
		t.Skip("NO MOUNT ALLOWED: a full disk needs a small tmpfs:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(root, 0) })
	_, url := serve(t)
	s := open(t, root)
	_, err := s.Blob(t.Context(), fileOf(content), url)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "BPFLAB_CACHE") {
		t.Errorf("got %v", err)
	}
	if left := leftovers(t, s); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
