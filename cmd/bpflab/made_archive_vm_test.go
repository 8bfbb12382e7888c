package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apttest"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// labHelloWithAnArchive runs `make lab-hello` on 4.19 as well, because Debian's archive
// answers. That is a made one, and holds an imported 4.19 in the layout of buster's.
func labHelloWithAnArchive(t *testing.T, made madeSources) {
	old := importedBefore52(t)
	if !strings.Contains(old, "4.19") {
		t.Skip("NO KERNEL 4.19: the cache has none to make an archive of; import one with `bpflab kernels import`, its name with 4.19 in it")
	}
	const release = "4.19.0-27-cloud-amd64"
	maker, root := made.apt, t.TempDir()
	real := realKernel(t, old)
	package419 := maker.Build(apttest.Package{Name: "linux-image-" + release, Version: "4.19.316-1", Files: map[string]string{
		"boot/vmlinuz-" + release: namedInHeader(t, real.Kernel, release), "boot/config-" + release: real.Config, "lib/modules/" + release: real.Modules,
	}})
	maker.Suite(filepath.Join(root, "debian"), "buster", "buster")
	maker.Suite(filepath.Join(root, "debian-security"), "buster/updates", "buster", package419)
	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	defer server.Close()
	t.Setenv("BPFLAB_CACHE", cacheOfDefaults(t))
	t.Setenv("BPFLAB_DEBIAN_ARCHIVE", server.URL)
	results := filepath.Join(t.TempDir(), "r.json")
	run, out := preparedAs(t, []string{"make"}, "-C", "../..", "-o", "setup", "-o", "build", "lab-hello",
		"BIN="+filepath.Dir(made.bpflab), "ARGS=--cold --json "+results+" --dir "+t.TempDir())
	o := out(run.Run())
	o.want(t, verdict.ExitOK)
	var result verdict.Result
	readJSON(t, results, &result)
	var selectors []string
	for _, c := range result.Cells {
		selectors = append(selectors, c.Kernel.Selector)
		if c.Verdict != verdict.Pass {
			t.Errorf("%s: %s, %s", c.Kernel.Selector, c.Verdict, c.Reason)
		}
		if k := c.Kernel; k.Selector == "4.19" && (k.Signer != maker.Fingerprint() || k.Suite != "buster-security" || k.Package != "linux-image-"+release) {
			t.Errorf("got %+v", k)
		}
	}
	slices.Sort(selectors)
	if want := []string{"4.19", "5.10", "6.1", "6.12", "latest"}; !slices.Equal(selectors, want) {
		t.Errorf("ran on %q, want %q\n%s", selectors, want, o.stderr)
	}
}

// namedInHeader returns a bzImage in whose header another release stands, as that of a
// package must. What boots calls itself as before.
func namedInHeader(t *testing.T, name, release string) string {
	t.Helper()
	image, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := 0x200 + int(image[0x20e]) + int(image[0x20f])<<8
	banner := image[at : at+bytes.IndexByte(image[at:], 0)]
	if copy(banner, release+" ") != len(release)+1 {
		t.Fatalf("%q has no room for %s", banner, release)
	}
	return fileOf(t, "vmlinuz", image)
}

// cacheOfDefaults returns a new cache with the default kernels that are pinned, from the
// user's cache.
func cacheOfDefaults(t *testing.T) string {
	t.Helper()
	c, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock, Locked: true})
	if err != nil {
		t.Fatal(err)
	}
	refs, err := c.Resolve(t.Context(), []string{"default"})
	if err != nil {
		t.Fatal(err)
	}
	images := filepath.Join(t.TempDir(), "images")
	if err := os.Mkdir(images, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, ref := range kernel.Unique(refs) {
		if _, err := c.Image(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		parts, err := filepath.Glob(filepath.Join(c.Root(), "images", ref.ID()) + "*")
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cp", append(append([]string{"-a"}, parts...), images)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return filepath.Dir(images)
}
