package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/cache/cachetest"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// target is a cache of its own with one kernel, and a mirror that has its packages.
type target struct {
	root, image string
	mirror      string
}

// newTarget copies the kernel 6.1 out of the user's cache, where it must be.
func newTarget(t *testing.T) target {
	t.Helper()
	from, err := store.DefaultRoot()
	if err != nil {
		t.Fatal(err)
	}
	pins, err := kernel.ParseLock(vms.KernelsLock)
	if err != nil {
		t.Fatal(err)
	}
	refs, err := kernel.Resolve([]string{"6.1"}, pins.Refs)
	if err != nil {
		t.Fatal(err)
	}
	kernels, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		t.Fatal(err)
	}
	image, err := kernels.Image(t.Context(), refs[0])
	if err != nil {
		t.Fatal(err)
	}
	to := target{root: t.TempDir(), mirror: packageMirror(t, from, refs[0])}
	to.image = filepath.Join(to.root, "images", filepath.Base(filepath.Dir(image.Kernel)))
	files := []string{filepath.Dir(image.Kernel), filepath.Dir(image.Kernel) + ".json", filepath.Dir(image.Kernel) + ".json.sum", filepath.Dir(image.Kernel) + ".sha256"}
	copyInto(t, filepath.Join(to.root, "images"), files...)
	for _, f := range refs[0].Files {
		copyInto(t, filepath.Join(to.root, "blobs"), filepath.Join(from, "blobs", f.SHA256))
	}
	t.Setenv("BPFLAB_CACHE", to.root)
	return to
}

func copyInto(t *testing.T, dir string, files ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, err := os.Stat(file); os.IsNotExist(err) {
			continue // an older bpflab made no sums
		}
		if out, err := exec.Command("cp", "-a", file, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

// packageMirror serves the packages of a kernel from the user's cache.
func packageMirror(t *testing.T, root string, ref kernel.Ref) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, f := range ref.Files {
			if path.Base(f.Path) == path.Base(r.URL.Path) {
				http.ServeFile(w, r, filepath.Join(root, "blobs", f.SHA256))
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/debian"
}

// one returns the file that the pattern names in the cache, as it is used first or last.
func (c target) one(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(c.root, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("nothing in the cache is named %s (%v)", pattern, err)
	}
	return slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(modified(t, a), modified(t, b)) })
}

func modified(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Lstat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime().UnixNano()
}

func (c target) remove(t *testing.T, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(c.root, pattern))
		for _, file := range found {
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// attack is a file in the cache, and what makes a run read it.
type attack struct {
	name, file string
	cold       bool
	without    []string // what else must not be there
}

const archives, templates = "qemu/*.cpio*", "qemu/templates/[0-9a-f]*"

// attacks name every kind of file that `run hello` reads.
func (c target) attacks() []attack {
	inImage := func(name string) string { return filepath.Join("images", filepath.Base(c.image)+name) }
	return []attack{
		{"initramfs", "qemu/*.cpio", true, nil},
		{"kernel", inImage("/vmlinux"), true, nil},
		{"initramfs of a fork", "qemu/*.cpio", false, nil},
		{"sum of an initramfs", "qemu/*.cpio.sum", true, nil},
		{"module", inImage("/lib/modules/*/kernel/drivers/net/veth.ko*"), false, []string{archives}},
		{"configuration", inImage("/config"), true, []string{archives}},
		{"list of an image", inImage(".sha256"), false, nil},
		{"record of an image", inImage(".json"), false, nil},
		{"package", "blobs/*", false, []string{"images/*"}},
		{"object", "objects/objects/*.o", false, nil},
		{"key of an object", "objects/keys/*", false, nil},
		{"memory of a template", "qemu/templates/*/memory", false, nil},
		{"state of a template", "qemu/templates/*/state", false, nil},
		{"manifest of a template", "qemu/templates/*/template.json", false, nil},
	}
}

// TestCacheAttack damages every kind of cached file in turn, and in turn in every way: a
// lab has the right verdict, and the report says what was damaged. The unit tests of each
// package have every way for every kind.
func TestCacheAttack(t *testing.T) {
	needVMs(t)
	c := newTarget(t)
	run := []string{"run", "hello", "--kernel", "6.1", "--mirror", c.mirror}
	bpflab(t, run...).want(t, verdict.ExitOK)
	began := time.Now()
	bpflab(t, append(run, "--cold")...).want(t, verdict.ExitOK)
	t.Logf("a normal cold run takes %v", time.Since(began).Round(time.Millisecond))
	for i, a := range c.attacks() {
		damage := cachetest.All[i%len(cachetest.All)]
		if strings.HasPrefix(a.file, "qemu/*.cpio.sum") && damage.Foreign {
			damage = cachetest.All[0] // whose a sum is does not matter
		}
		t.Run(a.name+" "+damage.Name, func(t *testing.T) {
			c.remove(t, a.without...)
			damage.Do(t, c.one(t, a.file))
			c.survives(t, run, a.cold)
		})
	}
	t.Run("a byte inside busybox", func(t *testing.T) {
		flipInside(t, c.one(t, "qemu/*.cpio"))
		c.survives(t, run, true)
	})
	if o := bpflab(t, append(run, "--cold")...); len(o.one(t).Warnings) > 0 {
		t.Errorf("after it all a run still warns: %q", o.one(t).Warnings)
	}
	c.verifyAndPrune(t, run)
}

// survives runs the lab and wants a pass and a warning, in the report and on the terminal.
func (c target) survives(t *testing.T, run []string, cold bool) {
	t.Helper()
	if cold {
		run = append(slices.Clone(run), "--cold")
	}
	began := time.Now()
	o := bpflab(t, run...)
	t.Logf("took %v", time.Since(began).Round(time.Millisecond))
	o.want(t, verdict.ExitOK)
	if warnings := strings.Join(o.one(t).Warnings, "\n"); !strings.Contains(warnings, "is damaged") || !strings.Contains(o.stdout, "is damaged") {
		t.Errorf("warnings %q; it prints\n%s%s", warnings, o.stdout, o.stderr)
	}
}

// flipInside changes a byte of the busybox in an archive.
func flipInside(t *testing.T, archive string) {
	t.Helper()
	content, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte("BusyBox v"))
	if at < 0 {
		t.Fatal("no busybox in the archive")
	}
	cachetest.FlipAt(t, archive, int64(at))
}

// verifyAndPrune damages one file of every kind at once: verify names each and removes it.
func (c target) verifyAndPrune(t *testing.T, run []string) {
	t.Helper()
	kinds := map[string]string{"6.1\tdamaged, removed, unpacked": "images/*/vmlinux", "6.1\tdamaged, removed, fetched": "blobs/*", "initramfs\tdamaged": "qemu/*.cpio",
		"object\tdamaged": "objects/objects/*.o", "template\tdamaged": "qemu/templates/*/state"}
	for _, pattern := range kinds {
		file := c.one(t, pattern)
		if err := errors.Join(os.Chmod(file, 0o644), os.Truncate(file, 100)); err != nil {
			t.Fatal(err)
		}
	}
	o := bpflab(t, "kernels", "verify")
	for line := range kinds {
		if o.code != verdict.ExitFail || !strings.Contains(o.stdout, line) {
			t.Errorf("verify ends %d and does not say %q:\n%s", o.code, line, o.stdout)
		}
	}
	if n := strings.Count(o.stdout, "damaged, removed"); n != len(kinds) {
		t.Errorf("verify finds %d, want %d:\n%s", n, len(kinds), o.stdout)
	}
	if o := bpflab(t, "kernels", "verify"); o.code != verdict.ExitOK || strings.Contains(o.stdout, "damaged") {
		t.Errorf("a second verify ends %d:\n%s", o.code, o.stdout)
	}
	o = bpflab(t, run...)
	o.want(t, verdict.ExitOK)
	if len(o.one(t).Warnings) > 0 {
		t.Errorf("what verify has removed is warned of: %q", o.one(t).Warnings)
	}
	bpflab(t, "kernels", "prune").want(t, verdict.ExitOK)
	if left, _ := filepath.Glob(filepath.Join(c.root, templates)); len(left) > 0 {
		t.Errorf("prune leaves %q", left)
	}
}

// A root file system that is damaged is made again, and the machine has it whole.
func TestDamagedRootfs(t *testing.T) {
	needVMs(t)
	c := newTarget(t)
	args := []string{"exec", "--kernel", "6.1", "--rootfs", busyboxTar(t), "--", "/bin/busybox", "true"}
	bpflab(t, args...).want(t, verdict.ExitOK)
	cachetest.All[0].Do(t, c.one(t, "userland/*.cpio"))
	o := bpflab(t, args...)
	o.want(t, verdict.ExitOK)
	if !strings.Contains(o.stderr, "is damaged") {
		t.Errorf("it says only %q", o.stderr)
	}
}

// busyboxTar returns a root file system of one program.
func busyboxTar(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(cmp.Or(os.Getenv("BPFLAB_BUSYBOX"), "/bin/busybox"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "root.tar")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	if err := w.WriteHeader(&tar.Header{Name: "bin/busybox", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}
