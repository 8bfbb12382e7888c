//go:build linux

package qemu

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestArguments(t *testing.T) {
	pvh := kernel.Image{Kernel: "/k/vmlinuz", Vmlinux: "/k/vmlinux", PVH: true}
	old := kernel.Image{Kernel: "/k/vmlinuz", Vmlinux: "/k/vmlinux"}
	for _, test := range []struct {
		name string
		spec spec
	}{
		{"pvh", spec{kernel: pvh, initrd: "/c/a.cpio", memory: 256 << 20, cpus: 1, accel: "tcg"}},
		{"bzimage-kvm", spec{kernel: old, initrd: "/c/a.cpio", memory: 2 << 30, cpus: 2, accel: "kvm"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := strings.Join(arguments(test.spec), "\n") + "\n"
			golden(t, filepath.Join("testdata", test.name+".args"), got)
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update writes it anew); got\n%s", file, got)
	}
}

func TestBootFile(t *testing.T) {
	for _, test := range []struct {
		name  string
		image kernel.Image
		want  string
	}{
		{"uncompressed with PVH", kernel.Image{Kernel: "z", Vmlinux: "x", PVH: true}, "x"},
		{"uncompressed without PVH", kernel.Image{Kernel: "z", Vmlinux: "x"}, "z"},
		{"compressed only", kernel.Image{Kernel: "z"}, "z"},
		{"compressed only, though it could", kernel.Image{Kernel: "z", PVH: true}, "z"},
		{"nothing else", kernel.Image{Vmlinux: "x"}, "x"},
		{"nothing", kernel.Image{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (spec{kernel: test.image}).boot(); got != test.want {
				t.Errorf("boots %q, want %q", got, test.want)
			}
		})
	}
}

// From 6.8 on mitigations=off changes what the verifier accepts.
func TestCommandLineLeavesTheVerifierAlone(t *testing.T) {
	for arch, p := range platforms {
		if line := strings.Join(p.parameters, " "); strings.Contains(line, "mitigations") || !strings.HasPrefix(line, "console=") {
			t.Errorf("command line of %s: %q", arch, line)
		}
	}
}
