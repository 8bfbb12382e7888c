package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel/apttest"
	"github.com/bpflab/bpflab/vms/kernel/rpmtest"
)

// madeSources are mirrors on loopback with one real kernel of each kind of source, packed in
// its vendor's layout with the vendor's tools, and signed with keys of this test.
type madeSources struct {
	apt       *apttest.Maker
	bpflab    string            // that trusts the keys, also for Debian's archive
	mirrors   []string          // options
	kernels   map[string]string // uname -r by selector
	signers   map[string]string // fingerprints of keys by selector
	closeDown func()
}

func makeSources(t *testing.T) madeSources {
	t.Helper()
	apt, rpm := apttest.New(t), rpmtest.New(t, "0")
	real, root := realKernel(t, "6.1"), t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }

	ubuntu := vendorKernelOf(t, real, "6.1.0-560000-generic")
	apt.Suite(at("ubuntu"), "jammy-updates", "jammy", ubuntu.debs(apt, "image", "6.1.0-560000.1")...)
	apt.Suite(at("ubuntu"), "jammy", "jammy")
	mainline := vendorKernelOf(t, real, "6.1.0-060100-generic")
	apt.Mainline(at("mainline"), "6.1", mainline.debs(apt, "image-unsigned", "6.1.0-060100.202212111234")...)
	rocky := vendorKernelOf(t, real, "6.1.0-560.el9.x86_64")
	rocky.rocky(t, rpm, at("rocky"), "6.1.0", "560.el9")
	amazon := vendorKernelOf(t, real, "6.1.0-56.amzn.x86_64")
	amazon.amazon(t, rpm, at("amazon"), "6.1.0", "56.amzn")
	suse := vendorKernelOf(t, real, "6.1.0-150600-default")
	suse.suse(t, rpm, at("suse"), "6.1.0", "150600.1")
	image := "oci:" + pushed(t, vendorKernelOf(t, real, "6.1.0-lvh-0000000000").tree(t), "lvh-images/kernel-images:6.1")

	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	t.Cleanup(server.Close)
	t.Setenv("BPFLAB_KEYSERVER", server.URL+"/mainline")
	made := madeSources{
		apt:       apt,
		closeDown: server.Close,
		kernels: map[string]string{
			"ubuntu/22.04/6.1": ubuntu.release, "mainline/6.1": mainline.release, "rocky/9": rocky.release,
			"amazon/2023": amazon.release, "suse/15.6": suse.release, image: "6.1.0-lvh-0000000000",
		},
		signers: map[string]string{
			"ubuntu/22.04/6.1": apt.Fingerprint(), "mainline/6.1": apt.Fingerprint(),
			"rocky/9": rpm.Fingerprint(), "amazon/2023": rpm.Fingerprint(), "suse/15.6": rpm.Fingerprint(),
		},
	}
	for _, name := range []string{"ubuntu", "mainline", "rocky", "amazon", "suse"} {
		made.mirrors = append(made.mirrors, "--mirror", name+"="+server.URL+"/"+name)
	}
	const builds, keys = "vms/kernel/mainline/mainline.go", "vms/kernel/rpmrepo/keys/"
	made.bpflab = trusting(t, map[string][]byte{
		"vms/kernel/debian/keys/archived.asc": apt.Public(),
		"vms/kernel/ubuntu/keys/archive.asc":  apt.Public(), keys + "rocky-9.asc": rpm.Public(),
		keys + "amazon-2023.asc": rpm.Public(), keys + "suse-2023.asc": rpm.Public(),
		builds: sourceText(t, builds, "60AA7B6F30434AE68E569963E50C6A0917C622B0", apt.Fingerprint()),
	})
	return made
}

// withoutNetwork returns a command that runs another one in a network namespace of its own,
// in which not even loopback is up.
func withoutNetwork(t *testing.T) []string {
	t.Helper()
	var all []byte
	for _, argv := range [][]string{{"unshare", "-n"}, {"unshare", "-rn"}} {
		out, err := exec.Command(argv[0], append(argv[1:], "cat", "/proc/net/route")...).CombinedOutput()
		if err == nil && strings.Count(string(out), "\n") <= 1 { // no route, at most the title
			return argv
		}
		all = append(all, out...)
	}
	t.Skipf("NO NETWORK NAMESPACE: unshare -n makes none here, so kernels are not booted with the network cut: %s", all)
	return nil
}

// Kernels of each kind of source, which are made once for all of it, are fetched and booted.
func TestMadeSources(t *testing.T) {
	needVMs(t)
	made := makeSources(t)
	t.Run("archive of Debian", func(t *testing.T) { labHelloWithAnArchive(t, made) })
	t.Run("saved", func(t *testing.T) { runSavedKernelsOfEverySource(t, made) })
}

// runSavedKernelsOfEverySource fetches kernels from signed repositories and saves them to a
// directory, from which they boot without a network and with an empty cache: labs pass on them,
// and the results name packages, digests and keys. So do make and verify.
func runSavedKernelsOfEverySource(t *testing.T, made madeSources) {
	alone := withoutNetwork(t)
	var selectors []string
	for selector := range made.kernels {
		selectors = append(selectors, selector)
	}
	saved := filepath.Join(t.TempDir(), "saved")
	t.Setenv("BPFLAB_CACHE", t.TempDir())
	run := func(path []string, args ...string) outcome {
		t.Helper()
		cmd, out := preparedAs(t, path, args...)
		return out(cmd.Run())
	}
	run([]string{made.bpflab}, append(append([]string{"kernels", "save"}, made.mirrors...), append([]string{saved}, selectors...)...)...).want(t, verdict.ExitOK)
	made.closeDown()
	t.Setenv("BPFLAB_CACHE", t.TempDir())

	cut := append(alone, made.bpflab)
	o := run(cut, "run", "hello", "xdp-drop", "map-counters", "--from", saved, "--kernel", strings.Join(selectors, ","))
	o.want(t, verdict.ExitOK)
	if len(o.result.Cells) != 3*len(selectors) {
		t.Errorf("%d cells of %d kernels\n%s", len(o.result.Cells), len(selectors), o.stdout)
	}
	for _, c := range o.result.Cells {
		k := c.Kernel
		if c.Verdict != verdict.Pass || k.Release != made.kernels[k.Selector] || k.Signer != made.signers[k.Selector] || k.Package == "" {
			t.Errorf("%s: %s, %s, %+v", c.Lab, c.Verdict, c.Reason, k)
		}
		if _, err := os.Stat(filepath.Join(saved, "blobs", k.SHA256)); err != nil {
			t.Errorf("%s: the digest is that of nothing saved: %v", k.Selector, err)
		}
	}
	run(cut, "verify", compiled(t, "reads.bpf"), "--dir", t.TempDir(), "--from", saved, "--kernel", "rocky/9").saysAll(t, "accepted")
	lab := append(alone, "make", "-C", "../..", "-o", "setup", "-o", "build", "lab-hello",
		"BIN="+filepath.Dir(made.bpflab), "KERNEL=suse/15.6", "ARGS=--from "+saved+" --dir "+t.TempDir())
	run(lab[:len(lab)-1], lab[len(lab)-1]).saysAll(t, "suse/15.6", "1 passed")
}
