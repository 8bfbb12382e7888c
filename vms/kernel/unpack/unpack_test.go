package unpack

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/bootimage"
	"github.com/bpflab/bpflab/vms/kernel/deb"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

const release = "6.1.0-56-cloud-amd64"

// split returns a kernel as Debian has them since 6.19, over three packages.
func split() [][]byte {
	dir := "./usr/lib/modules/" + release
	return [][]byte{
		kerneltest.Deb("linux-binary-"+release, "1", []kerneltest.Entry{{Name: dir + "/vmlinuz", Body: kerneltest.Kernel(release)}}),
		kerneltest.Deb("linux-modules-"+release, "1", []kerneltest.Entry{{Name: dir + "/kernel/net/veth.ko.xz", Body: []byte("fake")}}),
		kerneltest.Deb("linux-base-"+release, "1", []kerneltest.Entry{
			{Name: dir + "/config", Body: []byte("CONFIG_X=y\n")}, {Name: dir + "/System.map", Body: []byte("map")}}),
	}
}

func files(t *testing.T, bodies ...[]byte) []string {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for i, body := range bodies {
		name := filepath.Join(dir, string(rune('a'+i))+".deb")
		if err := os.WriteFile(name, body, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestPackages(t *testing.T) {
	tests := map[string]struct {
		packages [][]byte
		module   string
	}{
		"one package":    {[][]byte{kerneltest.Deb("linux-image-"+release, "1", kerneltest.KernelEntries(release))}, "veth.ko"},
		"three packages": {split(), "veth.ko.xz"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			got, err := Packages(t.Context(), files(t, tt.packages...), dir)
			if err != nil {
				t.Fatal(err)
			}
			want := kernel.Image{Release: release, Kernel: "vmlinuz", Vmlinux: "vmlinux", PVH: true, Config: "config", Modules: "lib/modules/" + release}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if !exists(dir, want.Modules+"/kernel/net/"+tt.module) || exists(dir, "usr") || exists(dir, want.Modules+"/System.map") {
				t.Error("other files than wanted are there")
			}
		})
	}
}

func TestPackagesRejects(t *testing.T) {
	other := []kerneltest.Entry{{Name: "./lib/modules/5.10/kernel/a.ko", Body: []byte("x")}}
	tests := map[string]struct {
		entries []kerneltest.Entry
		want    string
	}{
		"no kernel":          {[]kerneltest.Entry{{Name: "./usr/share/doc/x", Body: []byte("x")}}, ErrNoKernel.Error()},
		"kernel is text":     {[]kerneltest.Entry{{Name: "./boot/vmlinuz-6.1", Body: []byte("text")}}, bootimage.ErrUnknown.Error()},
		"two kernels":        {append(kerneltest.KernelEntries("6.1"), kerneltest.KernelEntries("6.2")...), "twice"},
		"others' modules":    {append(kerneltest.KernelEntries("6.1")[:2], other...), "its modules are of 5.10"},
		"two sets of others": {append(kerneltest.KernelEntries("6.1"), other...), "modules are of"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Packages(t.Context(), files(t, kerneltest.Deb("p", "1", tt.entries)), t.TempDir())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// rpms returns a kernel as the RHEL family has it: the image beside the modules, in /boot as
// well where also is set, and links to the source.
func rpms(release, also string) [][]byte {
	dir := "./lib/modules/" + release
	core := []kerneltest.Entry{
		{Name: dir + "/build", Type: tar.TypeSymlink, Link: "/usr/src/kernels/" + release},
		{Name: dir + "/vmlinuz", Body: kerneltest.Kernel(release)},
		{Name: dir + "/config", Body: []byte("CONFIG_X=y\n")},
		{Name: dir + "/System.map", Body: []byte("map")},
	}
	if also != "" {
		core = append(core, kerneltest.Entry{Name: "./boot/vmlinuz-" + also, Body: kerneltest.Kernel(also)})
	}
	pack := func(name string, entries []kerneltest.Entry) []byte {
		return kerneltest.RPM{Name: name, Version: "5.14.0", Release: "1", Entries: entries}.Pack(kerneltest.Key{}, time.Time{})
	}
	return [][]byte{pack("kernel-core", core), pack("kernel-modules",
		[]kerneltest.Entry{{Name: dir + "/kernel/net/veth.ko.xz", Body: []byte("fake")}})}
}

func TestRPMPackages(t *testing.T) {
	const release = "5.14.0-427.el9.x86_64"
	for name, also := range map[string]string{"ghosts in boot": "", "files in boot": release} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			got, err := Packages(t.Context(), files(t, rpms(release, also)...), dir)
			want := kernel.Image{Release: release, Kernel: "vmlinuz", Vmlinux: "vmlinux", PVH: true, Config: "config", Modules: "lib/modules/" + release}
			if err != nil || got != want {
				t.Fatalf("got %+v, %v; want %+v", got, err, want)
			}
			if !exists(dir, want.Modules+"/kernel/net/veth.ko.xz") || exists(dir, want.Modules+"/build") {
				t.Error("modules are missing, or a link came along")
			}
		})
	}
	if _, err := Packages(t.Context(), files(t, rpms(release, "5.14.0-428.el9.x86_64")...), t.TempDir()); !errors.Is(err, deb.ErrUnsafe) {
		t.Errorf("two kernels: got %v", err)
	}
}

// A kernel whose packing is not known still boots as bzImage.
func TestUnknownCompression(t *testing.T) {
	name := files(t, kerneltest.BzImage(release, []byte("\x89LZO\x00\x0d\x0a\x1a\x0a")))[0]
	dir := t.TempDir()
	got, err := Files(t.Context(), name, "", dir)
	if err != nil || got.Kernel != "vmlinuz" || got.Vmlinux != "" || got.PVH || exists(dir, "vmlinux") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFilesVmlinuxWithModules(t *testing.T) {
	modules := filepath.Join(t.TempDir(), release)
	if err := errors.Join(
		os.MkdirAll(filepath.Join(modules, "kernel"), 0o755),
		os.WriteFile(filepath.Join(modules, "kernel/a.ko"), []byte("fake"), 0o644),
		os.Symlink("/usr/src/linux", filepath.Join(modules, "build")),
	); err != nil {
		t.Fatal(err)
	}
	content := kerneltest.Vmlinux(release, false, nil)
	dir := t.TempDir()
	got, err := Files(t.Context(), files(t, content)[0], modules, dir)
	want := kernel.Image{Release: release, Vmlinux: "vmlinux", Modules: "lib/modules/" + release}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if !exists(dir, want.Modules+"/kernel/a.ko") || exists(dir, want.Modules+"/build") {
		t.Error("modules are missing, or a link came along")
	}
	if copied, _ := os.ReadFile(filepath.Join(dir, "vmlinux")); !bytes.Equal(copied, content) {
		t.Error("the kernel was changed")
	}
}
