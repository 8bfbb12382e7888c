package busybox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

// digest is what the packages of these tests are said to have.
var digest = strings.Repeat("0123456789abcdef", 4)

func pkg(t *testing.T, entries ...kerneltest.Entry) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "b.deb")
	if err := os.WriteFile(name, kerneltest.Deb("busybox-static", "1", entries), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestUnpack(t *testing.T) {
	dir := Dir(filepath.Join(t.TempDir(), "busybox"))
	if file, ok := dir.Kept(digest); ok {
		t.Errorf("%s is there before it was unpacked", file)
	}
	for _, place := range []string{"./bin/busybox", "./usr/bin/busybox"} {
		file, err := dir.Unpack(t.Context(), pkg(t, kerneltest.Entry{Name: "./bin/sh", Body: []byte("x")}, kerneltest.Entry{Name: place, Body: []byte(place)}), digest)
		if err != nil {
			t.Fatal(err)
		}
		kept, ok := dir.Kept(digest)
		if text, err := os.ReadFile(file); !ok || kept != file || err != nil || string(text) != place {
			t.Errorf("%s, %s, %v: %q, %v", file, kept, ok, text, err)
		}
	}
	if bad, sound := dir.Verify(); len(bad) != 0 || sound != 1 {
		t.Errorf("damaged %v, sound %d", bad, sound)
	}
	if err := dir.Prune(time.Minute, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, ok := dir.Kept(digest); ok {
		t.Error("it is there after it was pruned")
	}
}

func TestPackageWithoutBusybox(t *testing.T) {
	dir := Dir(t.TempDir())
	if file, err := dir.Unpack(t.Context(), pkg(t, kerneltest.Entry{Name: "./bin/sh", Body: []byte("x")}), digest); err == nil {
		t.Errorf("%s", file)
	}
	if _, err := dir.Unpack(t.Context(), os.DevNull, digest); err == nil {
		t.Error("an empty file is a package")
	}
}
