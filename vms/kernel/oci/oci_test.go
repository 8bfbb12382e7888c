package oci_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/oci"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// entry is one entry of a layer.
type entry struct {
	name, text string
	kind       byte  // of archive/tar; 0 is a file
	missing    int64 // bytes that the header names and the layer has not
}

// packed returns a layer as registries have it.
func packed(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(e.text)) + e.missing}
		if e.kind != 0 {
			h = &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.text}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == 0 {
			io.WriteString(w, e.text)
		}
		if e.missing > 0 {
			z.Close()
			return b.Bytes()
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// image returns an image of layers, the lowest first.
func image(t *testing.T, layers ...[]entry) v1.Image {
	t.Helper()
	out := empty.Image
	for _, entries := range layers {
		body := packed(t, entries...)
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil })
		if err != nil {
			t.Fatal(err)
		}
		if out, err = mutate.AppendLayers(out, layer); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// index returns an index with an image for each architecture.
func index(images map[string]v1.Image) v1.ImageIndex {
	out := v1.ImageIndex(empty.Index)
	for arch, one := range images {
		out = mutate.AppendManifests(out, mutate.IndexAddendum{Add: one, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	return out
}

// Layouts of images that there are, with the release of the kernel in each.
func layouts(release string) map[string][][]entry {
	vmlinuz, modules := string(kerneltest.Kernel(release)), "lib/modules/"+release+"/kernel/net/veth.ko"
	return map[string][][]entry{
		// as cilium/ci-kernels is built: no release in the name, /lib leads to /usr/lib
		"cilium/ci-kernels": {{{name: "boot/vmlinuz", text: vmlinuz}, {name: "lib", text: "usr/lib", kind: tar.TypeSymlink}, {name: "usr/" + modules, text: "module"}}},
		// as cilium/little-vm-helper-images is: make tar-pkg, on top of busybox
		"lvh-images/kernel-images": {{{name: "bin/busybox", text: "busybox"}}, {{name: "data/kernels/6.6/boot/vmlinuz-" + release, text: vmlinuz},
			{name: "data/kernels/6.6/boot/config-" + release, text: "CONFIG_BPF=y\n"}, {name: "data/kernels/6.6/" + modules, text: "module"}}},
		// as a distribution's is, with a kernel that a higher layer replaces
		"distribution": {{{name: "boot/vmlinuz-5.0.0", text: string(kerneltest.Kernel("5.0.0"))}, {name: "lib/modules/5.0.0/kernel/old.ko", text: "old"}},
			{{name: "boot/.wh.vmlinuz-5.0.0"}, {name: "lib/modules/.wh.5.0.0"}, {name: "boot/vmlinuz", text: "vmlinuz-" + release, kind: tar.TypeSymlink},
				{name: "boot/vmlinuz-" + release, text: vmlinuz}, {name: modules, text: "module"}}},
	}
}

// machine is a registry on loopback, and a cache.
type machine struct {
	host  string
	cache string
	stop  func() // of the registry
}

func newMachine(t *testing.T) machine {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return machine{strings.TrimPrefix(server.URL, "http://"), t.TempDir(), server.Close}
}

func (m machine) open(t *testing.T, lock kernel.Lock) *catalogue.Catalogue {
	t.Helper()
	kept, err := store.Open(store.Options{Root: m.cache})
	if err != nil {
		t.Fatal(err)
	}
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Open(catalogue.Options{Cache: m.cache, Lock: text, Sources: []kernel.Source{oci.New(kept)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// get resolves a selector and unpacks its kernel.
func (m machine) get(t *testing.T, selector string) (kernel.Ref, kernel.Image, error) {
	t.Helper()
	return get(t.Context(), m.open(t, kernel.Lock{}), selector)
}

func get(ctx context.Context, c *catalogue.Catalogue, selector string) (kernel.Ref, kernel.Image, error) {
	refs, err := c.Resolve(ctx, []string{selector})
	if err != nil {
		return kernel.Ref{}, kernel.Image{}, err
	}
	image, err := c.Image(ctx, refs[0])
	return refs[0], image, err
}

func (m machine) push(t *testing.T, repository string, what v1.ImageIndex) string {
	t.Helper()
	ref, err := name.ParseReference(m.host + "/" + repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, what); err != nil {
		t.Fatal(err)
	}
	return "oci:" + ref.String()
}

func TestKernelsOfRegistries(t *testing.T) {
	m := newMachine(t)
	for repository, layers := range layouts("6.6.42") {
		selector := m.push(t, repository+":6.6", index(map[string]v1.Image{"arm64": image(t, []entry{{name: "boot/vmlinuz", text: "arm"}}), "amd64": image(t, layers...)}))
		ref, got, err := m.get(t, selector)
		if err != nil {
			t.Errorf("%s: %v", repository, err)
			continue
		}
		if got.Release != "6.6.42" || got.Source != "oci" || filepath.Base(got.Modules) != "6.6.42" || ref.Version.String() != "6.6" || got.SHA256 != ref.Files[0].SHA256 {
			t.Errorf("%s: %+v", repository, got)
		}
		if _, err := os.Stat(filepath.Join(got.Modules, "kernel/net/veth.ko")); err != nil {
			t.Error(err)
		}
	}
}

func TestPinnedImage(t *testing.T) {
	m := newMachine(t)
	old := map[string]v1.Image{"amd64": image(t, layouts("6.6.42")["distribution"]...)}
	selector := m.push(t, "k/k:latest", index(old))
	ref, _, err := m.get(t, selector)
	if err != nil {
		t.Fatal(err)
	}
	m.push(t, "k/k:latest", index(map[string]v1.Image{"amd64": image(t, layouts("6.6.43")["distribution"]...)}))
	m.cache = t.TempDir()
	_, pinned, err := get(t.Context(), m.open(t, kernel.Lock{}.With(ref)), selector)
	if err != nil || pinned.Release != "6.6.42" {
		t.Errorf("pinned: %s, %v", pinned.Release, err)
	}
	if _, newest, err := m.get(t, selector); err != nil || newest.Release != "6.6.43" {
		t.Errorf("not pinned: %s, %v", newest.Release, err)
	}
	byDigest := "oci:" + m.host + "/k/k@sha256:" + ref.Files[0].SHA256
	if _, again, err := m.get(t, byDigest); err != nil || again.Release != "6.6.42" {
		t.Errorf("by digest: %s, %v", again.Release, err)
	}
}

// What was saved of an image, of an index or of none, needs its registry no more.
func TestSavedImage(t *testing.T) {
	m := newMachine(t)
	one := image(t, layouts("6.6.42")["lvh-images/kernel-images"]...)
	alone := m.host + "/k/alone:6.6"
	to, err := name.ParseReference(alone)
	if err == nil {
		err = remote.Write(to, one)
	}
	if err != nil {
		t.Fatal(err)
	}
	selectors := []string{m.push(t, "k/index:6.6", index(map[string]v1.Image{"amd64": one})), "oci:" + alone}
	saved := t.TempDir()
	lock, err := m.open(t, kernel.Lock{}).Save(t.Context(), selectors, saved)
	if err != nil || len(lock.Refs) != 2 {
		t.Fatal(lock, err)
	}
	m.stop()
	for _, selector := range selectors {
		m.cache = t.TempDir()
		kept, err := store.Open(store.Options{Root: m.cache, Packages: filepath.Join(saved, "blobs")})
		if err != nil {
			t.Fatal(err)
		}
		text, err := catalogue.Saved(saved)
		if err != nil {
			t.Fatal(err)
		}
		c, err := catalogue.Open(catalogue.Options{Cache: m.cache, From: saved, Lock: text, Locked: true, Sources: []kernel.Source{oci.New(kept)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, got, err := get(t.Context(), c, selector); err != nil || got.Release != "6.6.42" || got.Modules == "" {
			t.Errorf("%s: got %+v, %v", selector, got, err)
		}
	}
}

func TestImagesOnDisk(t *testing.T) {
	m := newMachine(t)
	one := image(t, layouts("6.6.42")["lvh-images/kernel-images"]...)
	file, dir := filepath.Join(t.TempDir(), "k.tar"), t.TempDir()
	if err := tarball.WriteToFile(file, name.MustParseReference("k/k:6.6"), one); err != nil {
		t.Fatal(err)
	}
	if _, err := layout.Write(dir, index(map[string]v1.Image{"amd64": one})); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, dir} {
		if _, got, err := m.get(t, "oci:"+path); err != nil || got.Release != "6.6.42" {
			t.Errorf("%s: %s, %v", path, got.Release, err)
		}
	}
}

func TestBadImages(t *testing.T) {
	m := newMachine(t)
	vmlinuz := string(kerneltest.Kernel("6.6.42"))
	for repository, tt := range map[string]struct {
		arch   string
		layers [][]entry
		want   string
	}{
		"arm":      {"arm64", [][]entry{{{name: "boot/vmlinuz", text: vmlinuz}}}, "has no image of linux/amd64, but of linux/arm64"},
		"empty":    {"amd64", [][]entry{{{name: "bin/sh", text: "sh"}}}, "no kernel image in it: want /boot/vmlinuz"},
		"outside":  {"amd64", [][]entry{{{name: "boot/../../etc/cron.d/x", text: "x"}}}, "leads outside"},
		"absolute": {"amd64", [][]entry{{{name: "/boot/vmlinuz", text: vmlinuz}}}, "leads outside"},
		"link":     {"amd64", [][]entry{{{name: "boot/vmlinuz", text: vmlinuz}, {name: "lib/modules/6.6.42/kernel/x.ko", text: "/etc/passwd", kind: tar.TypeSymlink}}}, "is no plain file"},
		"device":   {"amd64", [][]entry{{{name: "boot/vmlinuz", kind: tar.TypeBlock}}}, "is no plain file"},
		"two":      {"amd64", [][]entry{{{name: "boot/vmlinuz-6.6.42", text: vmlinuz}, {name: "boot/vmlinuz-6.6.41", text: vmlinuz}}}, "several kernels"},
		"bomb":     {"amd64", [][]entry{{{name: "boot/vmlinuz", missing: 10 << 30}}}, "unpacks to more than"},
		"cut":      {"amd64", [][]entry{{{name: "boot/vmlinuz", text: "x", missing: 1}}}, "unexpected EOF"},
	} {
		selector := m.push(t, "bad/"+repository+":6.6", index(map[string]v1.Image{tt.arch: image(t, tt.layers...)}))
		if _, _, err := m.get(t, selector); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", repository, err, tt.want)
		}
	}
	broken := filepath.Join(t.TempDir(), "k.tar")
	if err := os.WriteFile(broken, []byte("no archive"), 0o644); err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]string{
		"oci:" + m.host + "/not/there:1": "is not in its registry",
		"oci:" + broken:                  "is no image that can be read",
		"oci:./does-not-exist.tar":       "no such file",
	} {
		_, _, err := m.get(t, selector)
		if !errors.As(err, new(*kernel.SelectorError)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", selector, err, want)
		}
	}
}
