package local

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

func write(t *testing.T, body []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, body, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// cut takes the last bytes off.
func cut(b []byte) []byte { return b[:len(b)-10] }

func TestLook(t *testing.T) {
	tests := []struct {
		name    string
		body    []byte
		kind    Kind
		release string
		version string
	}{
		{"bzImage", kerneltest.Kernel("4.19.72"), BzImage, "4.19.72", "4.19.72"},
		{"vmlinux", kerneltest.Vmlinux("6.8.0-rc3+", false, nil), Vmlinux, "6.8.0-rc3+", "6.8-rc3"},
		{"deb", kerneltest.Deb("linux-image-6.1.0-56-amd64", "6.1.192-2", kerneltest.KernelEntries("6.1.0-56-amd64")), Deb, "6.1.0-56-amd64", "6.1.192"},
		{"deb by make", kerneltest.Deb("linux-image-6.1.5", "6.1.5-1", nil), Deb, "6.1.5", "6.1.5"},
		{"deb of Ubuntu", kerneltest.Deb("linux-image-unsigned-6.8.0-40-generic", "6.8.0-40.40", nil), Deb, "6.8.0-40-generic", "6.8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Look(write(t, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got.Kind != tt.kind || got.Release != tt.release || got.Version.String() != tt.version {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestLookRejects(t *testing.T) {
	tests := []struct {
		name, path, want string
	}{
		{"passwd", "/etc/passwd", "/etc/passwd: no kernel: want a bzImage"},
		{"nothing", "/does/not/exist", "/does/not/exist: no such file"},
		{"directory", t.TempDir(), "no plain file"},
		{"device", "/dev/null", "no plain file"},
		{"empty", write(t, nil), "no kernel"},
		{"cut off", write(t, cut(kerneltest.Kernel("6.1"))), "cut off"},
		{"no release", write(t, kerneltest.Vmlinux("", false, nil)), "without a version"},
		{"ELF cut off", write(t, []byte("\x7fELF")), "no vmlinux"},
		{"other package", write(t, kerneltest.Deb("bash", "5.2", nil)), "package bash: no kernel"},
		{"broken package", write(t, []byte("!<arch>\nx")), "no Debian package"},
		{"headers", write(t, kerneltest.Deb("linux-headers-6.1.0-56-amd64", "6.1.192-2", nil)), "no kernel"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Look(tt.path)
			var wrong *Error
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestModules(t *testing.T) {
	root := t.TempDir()
	want := filepath.Join(root, "usr/lib/modules/6.1")
	if err := os.MkdirAll(want, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{root, filepath.Join(root, "usr"), filepath.Join(root, "usr/lib/modules"), want} {
		if got, err := Modules(dir, "6.1"); err != nil || got != want {
			t.Errorf("%s: got %s, %v", dir, got, err)
		}
	}
	var wrong *Error
	if got, err := Modules(want, "6.2"); !errors.As(err, &wrong) {
		t.Errorf("another release: got %s, %v", got, err)
	}
}
