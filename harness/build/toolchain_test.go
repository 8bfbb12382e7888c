package build

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Headers that a directory of headers only has links to are headers too.
func TestLinkedHeaders(t *testing.T) {
	elsewhere, dir := t.TempDir(), t.TempDir()
	header := filepath.Join(elsewhere, "types.h")
	writeFile(t, header, "")
	if err := os.Mkdir(filepath.Join(dir, "asm"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "asm", "plain.h"), "")
	for name, target := range map[string]string{"asm/types.h": header, "again.h": header, "lost.h": filepath.Join(elsewhere, "lost.h")} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := linked([]string{dir, filepath.Join(dir, "missing")}); !slices.Equal(got, []string{header}) {
		t.Errorf("%q, want %q", got, header)
	}
}
