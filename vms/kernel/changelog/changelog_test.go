package changelog

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

const older = `linux (6.1.190-1) bookworm-security; urgency=high

  * New upstream stable update:
    - bpf: Fix a thing that is fixed twice

 -- A Maintainer <a@example.org>  Mon, 02 Nov 2026 10:00:00 +0100
`

const text = `linux-signed-amd64 (6.1.192+1) bookworm-security; urgency=high

  * Sign kernel from linux 6.1.192-1

 -- A Maintainer <a@example.org>  Mon, 16 Nov 2026 11:17:40 +0100

linux (6.1.192-1) bookworm-security; urgency=high

  * New upstream stable update:
    https://example.org/ChangeLog-6.1.191
    - bpf, arm64: Force 8-byte alignment for JIT buffer to prevent atomic
      tearing
    - ext4: fix NULL folio dereference
    - bpf: Fix a thing that is fixed twice
  [ Another Maintainer ]
  * net: xdp:` + " \x1b[2J" + `count

 -- A Maintainer <a@example.org>  Mon, 16 Nov 2026 10:17:40 +0100

` + older

// signed is older as Debian's signed package has it.
var signed = strings.Replace(older, "linux (6.1.190-1)", "linux-signed-amd64 (6.1.190+1)", 1)

func packageWith(t *testing.T, file string, body []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "p.deb")
	entries := append(kerneltest.KernelEntries("6.1.0-1-amd64"), kerneltest.Entry{Name: file, Body: body})
	if err := os.WriteFile(name, kerneltest.Deb("linux-image", "1", entries), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // to memory
	_ = w.Close()
	return b.Bytes()
}

// What a newer package says of eBPF is read, an item on one line.
func TestDebian(t *testing.T) {
	newer, err := Read(t.Context(), packageWith(t, "./usr/share/doc/linux-image/changelog.gz", packed(text)))
	if err != nil || len(newer) != 3 {
		t.Fatalf("got %+v, %v", newer, err)
	}
	old, err := Read(t.Context(), packageWith(t, "./usr/share/doc/linux-image/changelog.Debian.gz", packed(signed)))
	if err != nil || len(old) != 1 {
		t.Fatalf("got %+v, %v", old, err)
	}
	want := []Entry{{"linux (6.1.192-1) bookworm-security; urgency=high", []string{
		"bpf, arm64: Force 8-byte alignment for JIT buffer to prevent atomic tearing",
		"bpf: Fix a thing that is fixed twice [ Another Maintainer ]",
		"net: xdp:  [2Jcount",
	}}}
	if got := AboutBPF(Since(newer, old)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := AboutBPF(newer); len(got) != 2 {
		t.Errorf("with all entries: %q", got)
	}
}

func TestNone(t *testing.T) {
	for name, file := range map[string]string{
		"a package without one": packageWith(t, "./usr/share/doc/linux-image/copyright", []byte("x")),
		"another file":          filepath.Join("testdata", "..", "changelog.go"),
	} {
		if got, err := Read(t.Context(), file); len(got) > 0 || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := Read(t.Context(), packageWith(t, "./usr/share/doc/linux-image/changelog.gz", []byte("no gzip"))); err == nil || !strings.Contains(err.Error(), "changelog.gz") {
		t.Errorf("a damaged changelog: %v", err)
	}
}
