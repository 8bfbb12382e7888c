package rpmrepo

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/rpm"
	"github.com/bpflab/bpflab/vms/kernel/rpmtest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// layouts are kernels as vendors pack them, by the selectors that find them.
var layouts = []struct {
	selector, dir, at, release string
	packages                   func(file string) []rpmtest.Package
}{
	{"rocky/9", "9/BaseOS/x86_64/os", "Packages/k", "5.14.0-427.el9.x86_64", func(file string) []rpmtest.Package {
		const dir = "/lib/modules/5.14.0-427.el9.x86_64"
		return []rpmtest.Package{
			{Name: "kernel-core", Version: "5.14.0", Release: "427.el9", Files: map[string]string{dir + "/vmlinuz": file},
				Links: map[string]string{dir + "/build": "/usr/src/kernels/5.14.0-427.el9.x86_64"}, Ghosts: []string{"/boot/vmlinuz-5.14.0-427.el9.x86_64"}},
			{Name: "kernel-modules-core", Version: "5.14.0", Release: "427.el9", Files: map[string]string{dir + "/kernel/veth.ko.xz": file}, Payload: "w2.xzdio"},
			{Name: "kernel-modules", Version: "5.14.0", Release: "427.el9", Files: map[string]string{dir + "/kernel/a.ko.xz": file}, Payload: "w9.gzdio"},
		}
	}},
	{"amazon/2/5.10", "2/extras/kernel-5.10/1.0/x86_64/guid", "../../../../../../blobstore", "5.10.214-202.855.amzn2.x86_64", func(file string) []rpmtest.Package {
		const uname = "5.10.214-202.855.amzn2.x86_64"
		return []rpmtest.Package{{Name: "kernel", Version: "5.10.214", Release: "202.855.amzn2", Payload: "w9.bzdio", Old: true,
			Files: map[string]string{"/boot/vmlinuz-" + uname: file, "/lib/modules/" + uname + "/kernel/veth.ko": file}}}
	}},
	{"suse/15.6", "distribution/leap/15.6/repo/oss", "x86_64", "6.4.0-150600.21-default", func(file string) []rpmtest.Package {
		const uname = "6.4.0-150600.21-default"
		return []rpmtest.Package{{Name: "kernel-default", Version: "6.4.0", Release: "150600.21.3",
			Files: map[string]string{"/boot/vmlinuz-" + uname: file, "/lib/modules/" + uname + "/kernel/veth.ko.zst": file}}}
	}},
}

// Repositories that the distributions' own tools made are read, and a key that did not sign
// them is refused.
func TestRealRepositories(t *testing.T) {
	maker, stranger := rpmtest.New(t, "0"), rpmtest.New(t, "0")
	root := t.TempDir()
	for _, l := range layouts {
		image := filepath.Join(t.TempDir(), "kernel")
		if err := os.WriteFile(image, kerneltest.Kernel(l.release), 0o644); err != nil {
			t.Fatal(err)
		}
		var built []string
		for _, p := range l.packages(image) {
			built = append(built, maker.Build(p))
		}
		dir := filepath.Join(root, l.dir)
		maker.Repository(dir, l.at, built...)
		maker.SignIndex(dir)
	}
	list := filepath.Join(root, "2/extras/kernel-5.10/latest/x86_64/mirror.list")
	if err := errors.Join(os.MkdirAll(filepath.Dir(list), 0o755),
		os.WriteFile(list, []byte("https://cdn.amazonlinux.com/2/extras/kernel-5.10/1.0/$basearch/guid\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	t.Cleanup(server.Close)
	for _, l := range layouts {
		t.Run(l.selector, func(t *testing.T) {
			image, signer, err := realKernel(t, server.URL, l.selector, maker.Public())
			if err != nil || image.Release != l.release || image.Signer != signer || image.Modules == "" {
				t.Errorf("got %+v, %v; want signer %s", image, err, signer)
			}
			_, _, err = realKernel(t, server.URL, l.selector, stranger.Public())
			if !errors.Is(err, rpm.ErrKey) && !errors.Is(err, ErrSignature) {
				t.Errorf("another key: got %v", err)
			}
		})
	}
}

// realKernel finds, fetches and unpacks the kernel of a selector.
func realKernel(t *testing.T, url, selector string, public []byte) (image kernel.Image, signer string, err error) {
	t.Helper()
	keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(public))
	if err != nil {
		t.Fatal(err)
	}
	signer = fmt.Sprintf("%X", keys[0].PrimaryKey.Fingerprint)
	kept, err := store.Open(store.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	vendor, track, _ := strings.Cut(selector, "/")
	s, err := New(vendor, Options{Mirror: url, Only: true, Keys: public, Blobs: kept, States: kept})
	if err != nil {
		t.Fatal(err)
	}
	refs, _, err := s.List(t.Context(), kernel.Want{Track: track})
	if err != nil {
		return image, signer, err
	}
	files, err := s.Fetch(t.Context(), refs[len(refs)-1])
	if err != nil {
		return image, signer, err
	}
	image, err = s.Unpack(t.Context(), refs[len(refs)-1], files, t.TempDir())
	return image, signer, err
}

// rpm accepts the packages that kerneltest makes, of which the other tests are made.
func TestMadePackagesAreRPM(t *testing.T) {
	maker := rpmtest.New(t, "0")
	for name, change := range map[string]func(*kerneltest.RPM){
		"version 4":          func(*kerneltest.RPM) {},
		"version 3":          func(p *kerneltest.RPM) { p.Version3 = true },
		"header and payload": func(p *kerneltest.RPM) { p.Version3, p.Whole, p.NoDigest = true, true, true },
	} {
		t.Run(name, func(t *testing.T) {
			p := kerneltest.RPM{Name: "kernel", Version: "5.14.0", Release: "1", Entries: []kerneltest.Entry{{Name: "./a", Body: []byte("x")}}}
			change(&p)
			file := filepath.Join(t.TempDir(), "p.rpm")
			if err := os.WriteFile(file, p.Pack(theirs, time.Now().Add(-time.Hour)), 0o644); err != nil {
				t.Fatal(err)
			}
			said := maker.Says(file, theirs.Public())
			good := regexp.MustCompile(`Signature, key ID [0-9a-f]{8}: OK`)
			if !good.MatchString(said) || strings.Contains(said, "BAD") || strings.Contains(said, "NOKEY") {
				t.Errorf("rpm says: %s", said)
			}
		})
	}
}
