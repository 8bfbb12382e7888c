package command

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

type member struct {
	kind       byte
	name, text string
}

func archive(t testing.TB, members ...member) *tar.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Typeflag: m.kind, Name: m.name, Mode: 0o644}
		if m.kind == tar.TypeReg {
			h.Size = int64(len(m.text))
		} else {
			h.Linkname = m.text
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if m.kind == tar.TypeReg {
			w.Write([]byte(m.text))
		}
	}
	w.Close()
	return tar.NewReader(&b)
}

func TestExtract(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "in")
	n, err := extract(archive(t,
		member{tar.TypeDir, "d", ""}, member{tar.TypeReg, "d/file", "text"}, member{tar.TypeSymlink, "d/ok", "file"},
		member{tar.TypeReg, "../out", "x"}, member{tar.TypeReg, "/abs", "x"}, member{tar.TypeSymlink, "up", ".."},
		member{tar.TypeSymlink, "d/abs", "/etc"}, member{tar.TypeReg, "last", "kept"}), dir)
	if !errors.Is(err, errOutside) || n != 4 {
		t.Errorf("%d files, %v", n, err)
	}
	for name, want := range map[string]string{"d/file": "text", "d/ok": "text", "last": "kept"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if entries, _ := os.ReadDir(outer); len(entries) != 1 {
		t.Errorf("outside: %v", entries)
	}
}

// A link in the way of a file that follows it is not followed.
func TestExtractDoesNotFollow(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc", filepath.Join(dir, "etc")); err != nil {
		t.Fatal(err)
	}
	if _, err := extract(archive(t, member{tar.TypeReg, "etc/bpflab-was-here", "x"}), dir); err == nil {
		t.Error("it went through a link")
	}
	if _, err := os.Stat("/etc/bpflab-was-here"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it is outside")
		os.Remove("/etc/bpflab-was-here")
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("a", "b", byte(tar.TypeReg))
	f.Add("../a", "/b", byte(tar.TypeSymlink))
	f.Fuzz(func(t *testing.T, name, text string, kind byte) {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if w.WriteHeader(&tar.Header{Typeflag: kind, Name: name, Linkname: text, Mode: 0o644}) != nil {
			t.Skip("no archive has this")
		}
		w.Close()
		outer := t.TempDir()
		extract(tar.NewReader(&b), filepath.Join(outer, "in"))
		if entries, _ := os.ReadDir(outer); len(entries) > 1 {
			t.Errorf("outside: %v", entries)
		}
	})
}
