package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apttest"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/rpmtest"
)

// trusting builds the command as it is shipped, but with other texts in place of files of
// this repository: keys that it trusts.
func trusting(t *testing.T, replaced map[string][]byte) string {
	t.Helper()
	shipped, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	readJSON(t, filepath.Join(filepath.Dir(shipped), ".agents", "overlay.json"), &overlay)
	dir := t.TempDir()
	for i, name := range slices.Sorted(maps.Keys(replaced)) {
		original, err := filepath.Abs(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(original); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[original] = filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(overlay.Replace[original], replaced[name], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bpflab")
	build := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-tags", "bpflab_agent", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// sourceText returns a file of this repository with a word replaced, which must be in it.
func sourceText(t *testing.T, name, old, new string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s has no %q", name, old)
	}
	return bytes.ReplaceAll(text, []byte(old), []byte(new))
}

// realKernel returns the kernel of a selector, from the user's cache.
func realKernel(t *testing.T, selector string) kernel.Image {
	t.Helper()
	c, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		t.Fatal(err)
	}
	refs, err := c.Resolve(t.Context(), []string{selector})
	if err != nil {
		t.Fatal(err)
	}
	image, err := c.Image(t.Context(), refs[0])
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// vendorKernel is a real kernel that calls itself as a vendor's does, in files for packages.
type vendorKernel struct {
	release         string
	vmlinuz, config string
	veth            string // the module, as the kernel's own package has it
}

// vendorKernelOf returns the real kernel under another name of the same length. Its modules are as they
// were: a kernel with CONFIG_MODVERSIONS does not compare their release. The made bzImage
// cannot be booted, but the vmlinux in it can, which QEMU boots.
func vendorKernelOf(t *testing.T, real kernel.Image, release string) vendorKernel {
	t.Helper()
	if len(real.Release) != len(release) || !real.PVH {
		t.Fatalf("%s cannot be replaced by %s in place", real.Release, release)
	}
	vmlinux, err := os.ReadFile(real.Vmlinux)
	if err != nil {
		t.Fatal(err)
	}
	vmlinux = bytes.ReplaceAll(vmlinux, []byte(real.Release), []byte(release))
	return vendorKernel{
		release: release, config: real.Config,
		vmlinuz: fileOf(t, "vmlinuz", kerneltest.BzImage(release, kerneltest.Payload(vmlinux))),
		veth:    filepath.Join(real.Modules, "kernel/drivers/net/veth.ko"),
	}
}

// fileOf returns the path of a new file.
func fileOf(t *testing.T, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// packed returns the module as vendors pack it: with xz or zstd.
func (k vendorKernel) packed(t *testing.T, form string) string {
	t.Helper()
	body, err := os.ReadFile(k.veth)
	if err != nil {
		t.Fatal(err)
	}
	if form == "xz" {
		return fileOf(t, "veth.ko.xz", kerneltest.XZ(body))
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fileOf(t, "veth.ko.zst", w.EncodeAll(body, nil))
}

// debs packs the kernel as Ubuntu does, which mainline builds are as well.
func (k vendorKernel) debs(maker *apttest.Maker, image, version string) []string {
	modules := "lib/modules/" + k.release
	return []string{
		maker.Build(apttest.Package{
			Name: "linux-" + image + "-" + k.release, Version: version, Depends: "linux-modules-" + k.release,
			Files: map[string]string{"boot/vmlinuz-" + k.release: k.vmlinuz},
		}),
		maker.Build(apttest.Package{Name: "linux-modules-" + k.release, Version: version, Files: map[string]string{
			"boot/config-" + k.release: k.config, modules + "/kernel/drivers/net/veth.ko": k.veth,
		}}),
	}
}

// rocky publishes the kernel as Rocky Linux does: image and configuration beside the modules,
// ghosts in /boot, and modules in two packages.
func (k vendorKernel) rocky(t *testing.T, maker *rpmtest.Maker, root, version, release string) {
	t.Helper()
	dir := "/lib/modules/" + k.release
	maker.Repository(filepath.Join(root, "9/BaseOS/x86_64/os"), "Packages/k",
		maker.Build(rpmtest.Package{
			Name: "kernel-core", Version: version, Release: release, Payload: "w1.zstdio",
			Files:  map[string]string{dir + "/vmlinuz": k.vmlinuz, dir + "/config": k.config},
			Links:  map[string]string{dir + "/build": "/usr/src/kernels/" + k.release},
			Ghosts: []string{"/boot/vmlinuz-" + k.release, "/boot/config-" + k.release},
		}),
		maker.Build(rpmtest.Package{
			Name: "kernel-modules-core", Version: version, Release: release, Payload: "w2.xzdio",
			Files: map[string]string{dir + "/kernel/drivers/net/veth.ko.xz": k.packed(t, "xz")},
		}),
		maker.Build(rpmtest.Package{
			Name: "kernel-modules", Version: version, Release: release, Payload: "w2.xzdio",
			Files: map[string]string{dir + "/modules.order": fileOf(t, "modules.order", []byte("kernel/drivers/net/veth.ko.xz\n"))},
		}))
}

// amazon publishes the kernel as Amazon Linux 2023 does: one package with the image in /boot
// and plain modules, in a repository that a mirror list names.
func (k vendorKernel) amazon(t *testing.T, maker *rpmtest.Maker, root, version, release string) {
	t.Helper()
	maker.Repository(filepath.Join(root, "al2023/core/guids/guid/x86_64"), "../../../../../blobstore",
		maker.Build(rpmtest.Package{Name: "kernel", Version: version, Release: release, Payload: "w1.zstdio", Files: map[string]string{
			"/boot/vmlinuz-" + k.release: k.vmlinuz, "/boot/config-" + k.release: k.config,
			"/lib/modules/" + k.release + "/kernel/drivers/net/veth.ko": k.veth,
		}}))
	list := filepath.Join(root, "al2023/core/mirrors/latest/x86_64/mirror.list")
	if err := os.MkdirAll(filepath.Dir(list), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(list, []byte("https://cdn.amazonlinux.com/al2023/core/guids/guid/$basearch\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// suse publishes the kernel as openSUSE Leap does, in a repository whose index is signed.
func (k vendorKernel) suse(t *testing.T, maker *rpmtest.Maker, root, version, release string) {
	t.Helper()
	repository := filepath.Join(root, "distribution/leap/15.6/repo/oss")
	maker.Repository(repository, "x86_64", maker.Build(rpmtest.Package{
		Name: "kernel-default", Version: version, Release: release, Payload: "w1.zstdio", Files: map[string]string{
			"/boot/vmlinuz-" + k.release: k.vmlinuz, "/boot/config-" + k.release: k.config,
			"/lib/modules/" + k.release + "/kernel/drivers/net/veth.ko.zst": k.packed(t, "zst"),
		},
	}))
	maker.SignIndex(repository)
}

// tree lays the kernel out as an installed one is, and returns its root.
func (k vendorKernel) tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for to, from := range map[string]string{
		"boot/vmlinuz-" + k.release: k.vmlinuz, "boot/config-" + k.release: k.config,
		"lib/modules/" + k.release + "/kernel/drivers/net/veth.ko": k.veth,
	} {
		body, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, to)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, to), body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
