package gotest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestMergeCover(t *testing.T) {
	merge := func(texts ...string) (string, error) {
		var files []string
		for i, text := range texts {
			name := filepath.Join(t.TempDir(), string(rune('a'+i)))
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			files = append(files, name)
		}
		var out bytes.Buffer
		err := MergeCover(&out, files)
		return out.String(), err
	}
	got, err := merge("mode: set\nx/b.go:1.1,2.2 1 1\nx/a.go:3.1,4.2 2 0\n", "mode: set\nx/a.go:3.1,4.2 2 1\nx/b.go:1.1,2.2 1 1\n")
	if want := "mode: set\nx/a.go:3.1,4.2 2 1\nx/b.go:1.1,2.2 1 1\n"; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	got, err = merge("mode: count\nx/a.go:3.1,4.2 2 5\n", "mode: count\nx/a.go:3.1,4.2 2 6\n")
	if want := "mode: count\nx/a.go:3.1,4.2 2 11\n"; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if _, err := merge("mode: count\nx/a.go:3.1,4.2 2 5\n", "mode: set\nx/a.go:3.1,4.2 2 1\n"); err == nil {
		t.Error("modes are mixed")
	}
	if _, err := merge("nonsense"); err == nil {
		t.Error("nonsense is merged")
	}
}
