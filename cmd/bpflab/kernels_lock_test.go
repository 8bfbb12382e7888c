package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// lock updates a lock file from an archive.
func (a archive) lock(t *testing.T, cache, file string) (code int, stdout string) {
	t.Helper()
	var out bytes.Buffer
	f := kernelFlags{openWith: func(_ kernel.Progress, lock []byte, _ kernelOrigin, _ bool) (*catalogue.Catalogue, error) {
		return a.catalogue(t, cache, lock), nil
	}}
	err := f.lock(t.Context(), streams{out: &out, err: &out}, file, []string{"6.1"}, true)
	return exitCode(err), out.String()
}

// An updated lock file is explained: what changed, why, and where the newer kernel is.
func TestLockUpdate(t *testing.T) {
	a, cache, file := newArchive(t), t.TempDir(), filepath.Join(t.TempDir(), "kernels.lock")
	if err := os.WriteFile(file, []byte("schema: 1\nkernels: []\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	step := func(age time.Duration, numbers []int, want ...string) {
		t.Helper()
		a.publish(age, numbers...)
		code, out := a.lock(t, cache, file)
		if code != verdict.ExitOK {
			t.Fatalf("exit %d: %s", code, out)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("it does not say %q:\n%s", w, out)
			}
		}
	}
	step(5*time.Minute, []int{1}, "1 of 1 kernels in", "6.1  6.1.1-1\n", "no kernel of this series was pinned, and bookworm has one", "signer    "+a.key.Fingerprint())
	step(4*time.Minute, []int{1, 2}, "6.1  6.1.1-1 -> 6.1.2-1", "bookworm has a newer one; 6.1.1-1 is still there", "release   6.1.0-1-cloud-amd64 -> 6.1.0-2-cloud-amd64",
		"found     debian bookworm: pool/main/l/linux/linux-image-6.1.0-2-cloud-amd64_6.1.2-1_amd64.deb", "packages  1 package, ")
	step(3*time.Minute, []int{3}, "6.1  6.1.2-1 -> 6.1.3-1", "6.1.2-1 has left its mirror")
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := kernel.ParseLock(was)
	if err != nil || len(lock.Refs) != 1 || lock.Refs[0].Package().Version != "6.1.3-1" {
		t.Errorf("got %+v, %v", lock, err)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(file, long, long); err != nil {
		t.Fatal(err)
	}
	step(2*time.Minute, []int{3}, "nothing has changed: the 1 kernels in "+file)
	if info, err := os.Stat(file); err != nil || !info.ModTime().Equal(long) {
		t.Errorf("an unchanged file was written: %v, %v", info.ModTime(), err)
	}
	step(time.Minute, []int{2}, "6.1.3-1 -> 6.1.2-1", "ATTENTION: bookworm has nothing newer than this older one; 6.1.3-1 has left its mirror")
}

func TestExplainChange(t *testing.T) {
	pin := func(version, suite, digest string) kernel.Ref {
		v, err := kernel.ParseVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		return kernel.Ref{Source: kernel.Debian, Suite: suite, Version: v, Flavour: kernel.Cloud, Files: []kernel.File{{Package: "p", Version: version, Size: 1, SHA256: strings.Repeat(digest, 64)}}}
	}
	old := pin("6.1.2-1", "bookworm", "a")
	for want, c := range map[string]kernel.LockChange{
		"ATTENTION: the same version has other files":                             {Old: old, New: pin("6.1.2-1", "bookworm", "b")},
		"bookworm-security has other files than bookworm under the same version":  {Old: old, New: pin("6.1.2-1", "bookworm-security", "b")},
		"6.1  6.1.2-1 is no longer pinned":                                        {Old: old},
		"sha256    " + strings.Repeat("a", 64) + " -> " + strings.Repeat("c", 64): {Old: old, New: pin("6.1.2-2", "bookworm", "c")},
	} {
		if got := explainChange(c, ""); !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
}
