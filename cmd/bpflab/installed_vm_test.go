package main

import (
	"archive/tar"
	"bytes"
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
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// A kernel that is laid out in /boot and /lib/modules as distributions do boots as a guest,
// with its modules, from this machine and from a container's image. This machine may have none installed: the root is a made one, and the
// kernel in it Debian's.
func TestInstalledKernelBoots(t *testing.T) {
	needVMs(t)
	c, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		t.Fatal(err)
	}
	refs, err := c.Resolve(t.Context(), []string{newKernel})
	if err != nil {
		t.Fatal(err)
	}
	image, err := c.Image(t.Context(), refs[0])
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	release := image.Uname()
	boot, modules := filepath.Join(root, "boot"), filepath.Join(root, "lib/modules", release)
	for _, dir := range []string{boot, modules} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{image.Kernel: "vmlinuz-", image.Config: "config-"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(boot, to+release), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(modules, os.DirFS(image.Modules)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BPFLAB_HOST_MIRROR", root)
	for selector, track := range map[string]string{"host/" + release: release, "oci:" + pushed(t, root, "kernels/debian:"+newKernel): ""} {
		file := filepath.Join(t.TempDir(), "result.json")
		o := bpflab(t, "exec", "--json", file, "--kernel", selector, "--", "sh", "-c", "uname -r; grep -c ^veth /proc/modules")
		o.want(t, verdict.ExitOK)
		if got := strings.Fields(o.stdout); len(got) != 2 || got[0] != release || got[1] != "1" {
			t.Errorf("%s: %q, want %s and veth loaded", selector, o.stdout, release)
		}
		var result verdict.Result
		readJSON(t, file, &result)
		if k := result.Cells[0].Kernel; k.Selector != selector || track != "" && k.Track != track || len(k.SHA256) != 64 {
			t.Errorf("kernel %+v", k)
		}
	}
}

// pushed makes an image of what is below a root, puts it into a registry on loopback under a
// name, and returns all of that.
func pushed(t *testing.T, root, as string) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	var body bytes.Buffer
	w := tar.NewWriter(&body)
	if err := errors.Join(w.AddFS(os.DirFS(root)), w.Close()); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	to := strings.TrimPrefix(server.URL, "http://") + "/" + as
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
	ref, err := name.ParseReference(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index); err != nil {
		t.Fatal(err)
	}
	return to
}
