package deb

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

func write(t testing.TB, body []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "p.deb")
	if err := os.WriteFile(name, body, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func pack(t testing.TB, entries ...kerneltest.Entry) string {
	return write(t, kerneltest.Deb("p", "1", entries))
}

func keepAll(name string) string { return name }

func TestExtract(t *testing.T) {
	name := pack(t, kerneltest.KernelEntries("6.1")...)
	dir := t.TempDir()
	err := Extract(t.Context(), name, dir, func(p string) string {
		if after, ok := strings.CutPrefix(p, "boot/config-"); ok {
			return "configs/" + after
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := kerneltest.Tree(t, dir); !slices.Equal(got, []string{"configs/6.1"}) {
		t.Errorf("got %q", got)
	}
}

func TestExtractUnsafe(t *testing.T) {
	body := []byte("x")
	tests := []struct {
		name    string
		entries []kerneltest.Entry
	}{
		{"climbs", []kerneltest.Entry{{Name: "../evil", Body: body}}},
		{"climbs in the middle", []kerneltest.Entry{{Name: "./boot/../../evil", Body: body}}},
		{"climbs and comes back", []kerneltest.Entry{{Name: "a/../b", Body: body}}},
		{"absolute", []kerneltest.Entry{{Name: "/tmp/evil", Body: body}}},
		{"backslash", []kerneltest.Entry{{Name: `a\b`, Body: body}}},
		{"link kept", []kerneltest.Entry{{Name: "link", Type: tar.TypeSymlink, Link: "/etc/passwd"}}},
		{"hard link kept", []kerneltest.Entry{{Name: "link", Type: tar.TypeLink, Link: "/etc/passwd"}}},
		{"device kept", []kerneltest.Entry{{Name: "sda", Type: tar.TypeBlock}}},
		{"pipe kept", []kerneltest.Entry{{Name: "pipe", Type: tar.TypeFifo}}},
		{"twice", []kerneltest.Entry{{Name: "a", Body: body}, {Name: "./a", Body: body}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "in")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := Extract(t.Context(), pack(t, tt.entries...), dir, keepAll); !errors.Is(err, ErrUnsafe) {
				t.Errorf("got %v", err)
			}
			for _, name := range kerneltest.Tree(t, outer) {
				if !strings.HasPrefix(name, "in/") {
					t.Errorf("%s was written outside", name)
				}
			}
		})
	}
}

// Ten gigabytes of zeros in a file that nobody wants are not unpacked to their end.
func TestExtractBomb(t *testing.T) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	const size, each = 10 << 30, 64 << 20
	var head bytes.Buffer
	if err := tar.NewWriter(&head).WriteHeader(&tar.Header{Name: "./a", Typeflag: tar.TypeReg, Size: size, Mode: 0o644, Format: tar.FormatGNU}); err != nil {
		t.Fatal(err)
	}
	data := append(w.EncodeAll(head.Bytes(), nil), bytes.Repeat(w.EncodeAll(make([]byte, each), nil), size/each)...)
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	const member = "%-16s%-12d%-6d%-6d%-8s%-10d`\n%s"
	fmt.Fprintf(&b, member, "debian-binary", 0, 0, 0, "100644", 4, "2.0\n")
	fmt.Fprintf(&b, member, "data.tar.zst", 0, 0, 0, "100644", len(data), data)
	err = Extract(t.Context(), write(t, b.Bytes()), t.TempDir(), func(string) string { return "" })
	if !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v", err)
	}
}

// A link that is left out must not be a way out for what comes after it.
func TestExtractBehindLink(t *testing.T) {
	victim := t.TempDir()
	name := pack(t,
		kerneltest.Entry{Name: "./boot", Type: tar.TypeSymlink, Link: victim},
		kerneltest.Entry{Name: "./boot/vmlinuz-6.1", Body: []byte("x")})
	keep := func(p string) string {
		if p == "boot" {
			return ""
		}
		return p
	}
	if err := Extract(t.Context(), name, t.TempDir(), keep); !errors.Is(err, ErrUnsafe) {
		t.Errorf("got %v", err)
	}
	if got := kerneltest.Tree(t, victim); len(got) > 0 {
		t.Errorf("wrote %q", got)
	}
}

// keep itself must not lead out either.
func TestExtractStaysInDir(t *testing.T) {
	name := pack(t, kerneltest.Entry{Name: "a", Body: []byte("x")})
	if err := Extract(t.Context(), name, t.TempDir(), func(string) string { return "../a" }); err == nil {
		t.Error("a path outside was written")
	}
}

func TestNoPackage(t *testing.T) {
	good := kerneltest.Deb("p", "1", nil)
	tests := map[string][]byte{
		"empty":            nil,
		"text":             []byte("hello, this is no package at all"),
		"header cut off":   good[:40],
		"member cut off":   good[:len(good)-600],
		"bad header":       bytes.Replace(good, []byte("`\n"), []byte("??"), 1),
		"no data":          bytes.Replace(good, []byte("data.tar"), []byte("dada.tar"), 1),
		"odd compression":  bytes.Replace(good, []byte("data.tar    "), []byte("data.tar.lha"), 1),
		"compression lies": bytes.Replace(good, []byte("data.tar   "), []byte("data.tar.xz"), 1),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			if err := Extract(t.Context(), write(t, body), t.TempDir(), keepAll); !errors.Is(err, ErrFormat) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestControl(t *testing.T) {
	fields, err := Control(pack(t))
	if err != nil || fields["Package"] != "p" || fields["Version"] != "1" {
		t.Errorf("got %v, %v", fields, err)
	}
}

func FuzzExtract(f *testing.F) {
	f.Add(kerneltest.Deb("p", "1", []kerneltest.Entry{{Name: "./a/b", Body: []byte("x")}}))
	f.Add(kerneltest.Deb("p", "1", []kerneltest.Entry{{Name: "../b", Body: []byte("x")}}))
	f.Add([]byte("!<arch>\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = Extract(t.Context(), write(t, body), dir, keepAll)
		for _, name := range kerneltest.Tree(t, outer) {
			if !strings.HasPrefix(name, "in/") {
				t.Errorf("%s was written outside", name)
			}
		}
	})
}
