package debian

import (
	"errors"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

func box(version string) kerneltest.Package {
	return kerneltest.Package{Name: kernel.BusyboxPackage, Version: version,
		Body: kerneltest.Deb(kernel.BusyboxPackage, version, []kerneltest.Entry{{Name: "./usr/bin/busybox", Body: []byte(version)}})}
}

func trixie(root, path string, packages ...kerneltest.Package) kerneltest.Suite {
	return kerneltest.Suite{Root: root, Path: path, Codename: path, Arch: "arm64",
		Date: now.Add(-day), ValidUntil: now.Add(6 * day), Packages: packages}
}

func TestBusybox(t *testing.T) {
	w := newWorld(t, trixie("debian", "trixie", box("1:1.37.0-6")), trixie("debian-security", "trixie-security", box("1:1.37.0-6+deb13u1")))
	b, err := w.source.Busybox(t.Context(), kernel.ARM64)
	if err != nil || b.Suite != "trixie-security" || b.Arch != kernel.ARM64 || b.File.Version != "1:1.37.0-6+deb13u1" {
		t.Fatalf("%+v, %v", b, err)
	}
	if paths, err := w.source.Fetch(t.Context(), b.Ref()); err != nil || len(paths) != 1 {
		t.Errorf("%q, %v", paths, err)
	}
	if _, err := w.source.Busybox(t.Context(), kernel.RISCV64); err == nil {
		t.Error("there is one of an architecture that the suites do not have")
	}
}

func TestBusyboxOfASuiteThatAnswers(t *testing.T) {
	w := newWorld(t, trixie("debian", "trixie", box("1:1.37.0-6")))
	if b, err := w.source.Busybox(t.Context(), kernel.ARM64); err != nil || b.Suite != "trixie" {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestBusyboxIsVerified(t *testing.T) {
	w := newWorld(t, trixie("debian", "trixie", box("1:1.37.0-6")), trixie("debian-security", "trixie-security"))
	w.mirror.Add(trixie("debian", "trixie", box("1:9-1")), theirs)
	if b, err := w.source.Busybox(t.Context(), kernel.ARM64); !errors.Is(err, apt.ErrSignature) {
		t.Errorf("%+v, %v", b, err)
	}
}
