package catalogue

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apttest"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/mainline"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/kernel/ubuntu"
)

// An archive of Ubuntu's and a mainline build that the real tools made are read.
func TestMadeByRealTools(t *testing.T) {
	const release = "6.1.0-560000-generic"
	maker := apttest.New(t)
	files := t.TempDir()
	if err := os.MkdirAll(filepath.Join(files, "modules/kernel/net"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"vmlinuz": kerneltest.Kernel(release), "config": []byte("CONFIG_BPF=y\n"), "modules/kernel/net/veth.ko": []byte("fake")} {
		if err := os.WriteFile(filepath.Join(files, name), body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	build := func(image, version string) []string {
		return []string{
			maker.Build(apttest.Package{Name: "linux-" + image + "-" + release, Version: version, Depends: "linux-modules-" + release,
				Files: map[string]string{"boot/vmlinuz-" + release: filepath.Join(files, "vmlinuz")}}),
			maker.Build(apttest.Package{Name: "linux-modules-" + release, Version: version, Files: map[string]string{
				"boot/config-" + release: filepath.Join(files, "config"), "lib/modules/" + release: filepath.Join(files, "modules")}}),
		}
	}
	root := t.TempDir()
	maker.Suite(filepath.Join(root, "ubuntu"), "jammy-updates", "jammy", build("image", "6.1.0-560000.1")...)
	maker.Suite(filepath.Join(root, "ubuntu"), "jammy", "jammy")
	maker.Mainline(filepath.Join(root, "mainline"), "6.1", build("image-unsigned", "6.1.0-560000.2")...)
	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	defer server.Close()

	cache := t.TempDir()
	kept, err := store.Open(store.Options{Root: cache})
	if err != nil {
		t.Fatal(err)
	}
	u, err := ubuntu.New(ubuntu.Options{Mirror: server.URL + "/ubuntu", Keys: maker.Public(), Blobs: kept, States: kept})
	if err != nil {
		t.Fatal(err)
	}
	m, err := mainline.New(mainline.Options{Mirror: server.URL + "/mainline", KeyServer: server.URL + "/mainline", Fingerprint: maker.Fingerprint(), Blobs: kept, States: kept})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(Options{Cache: cache, Sources: []kernel.Source{u, m}})
	if err != nil {
		t.Fatal(err)
	}
	for _, selector := range []string{"ubuntu/22.04/6.1", "mainline/6.1"} {
		ref := one(t, c, selector)
		image, err := c.Image(t.Context(), ref)
		if err != nil || image.Release != release || image.Signer != maker.Fingerprint() || image.Series != selector || image.Modules == "" || image.Config == "" {
			t.Errorf("%s: got %+v, %v", selector, image, err)
		}
	}
}
