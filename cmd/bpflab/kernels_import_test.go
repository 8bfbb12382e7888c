package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

// builtTree makes what make leaves in a tree of Linux; order is its modules.order.
func builtTree(t *testing.T, release, order string, modules ...string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"arch/x86/boot/bzImage":         string(kerneltest.Kernel(release)),
		"include/config/kernel.release": release + "\n",
		".config":                       "CONFIG_BPF_SYSCALL=y\n",
		"modules.builtin":               "kernel/fs/ext4/ext4.ko\n",
		"modules.order":                 order,
	}
	for _, name := range modules {
		files[name] = "module " + name
	}
	for name, text := range files {
		writeInto(t, dir, name, text)
	}
	return dir
}

func writeInto(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestImportOfATree(t *testing.T) {
	for name, order := range map[string]string{
		"before 5.3": "kernel/drivers/net/veth.ko\nkernel/kernel/trace/bench.ko\n",
		"since 5.3":  "drivers/net/veth.ko\nkernel/trace/bench.ko\n",
		"since 6.2":  "drivers/net/veth.o\nkernel/trace/bench.o\n",
	} {
		t.Run(name, func(t *testing.T) {
			inNewCache(t)
			dir := builtTree(t, "6.6.1-mine", order, "drivers/net/veth.ko", "kernel/trace/bench.ko")
			code, out, errs := kernels(t, "import", dir, "--name", "mine")
			if code != verdict.ExitOK || !strings.Contains(out, "imported 6.6.1-mine as local:mine") {
				t.Fatalf("exit %d: %s%s", code, out, errs)
			}
			image := "images/*/"
			for _, file := range []string{"config", "lib/modules/6.6.1-mine/kernel/drivers/net/veth.ko", "lib/modules/6.6.1-mine/kernel/kernel/trace/bench.ko", "lib/modules/6.6.1-mine/modules.builtin"} {
				if found, _ := filepath.Glob(filepath.Join(os.Getenv("BPFLAB_CACHE"), image, file)); len(found) != 1 {
					t.Errorf("%s is not there", file)
				}
			}
			if err := os.RemoveAll(filepath.Join(os.Getenv("BPFLAB_CACHE"), "images")); err != nil {
				t.Fatal(err)
			}
			if code, _, errs := kernels(t, "pull", "local:mine"); code != verdict.ExitOK {
				t.Errorf("from the tree again: exit %d: %s", code, errs)
			}
			if err := os.RemoveAll(filepath.Join(os.Getenv("BPFLAB_CACHE"), "images")); err != nil {
				t.Fatal(err)
			}
			writeInto(t, dir, "drivers/net/veth.ko", "another")
			if code, _, errs := kernels(t, "pull", "local:mine"); code == verdict.ExitOK || !strings.Contains(errs, "has changed since: import it again (bpflab kernels import "+dir) {
				t.Errorf("from a tree that has changed: exit %d: %s", code, errs)
			}
		})
	}
}

func TestImportOfATreeThatIsNotBuilt(t *testing.T) {
	inNewCache(t)
	for name, tt := range map[string]struct {
		change func(dir string) error
		want   string
	}{
		"no image":        {func(dir string) error { return os.Remove(filepath.Join(dir, "arch/x86/boot/bzImage")) }, "make bzImage"},
		"no module":       {func(dir string) error { return os.Remove(filepath.Join(dir, "veth.ko")) }, "modules.order names veth.ko, which is not built: make modules"},
		"other release":   {func(dir string) error { writeInto(t, dir, "include/config/kernel.release", "6.6.2\n"); return nil }, "run make again"},
		"no configurtion": {func(dir string) error { return os.Remove(filepath.Join(dir, ".config")) }, "no .config"},
		"leads out":       {func(dir string) error { writeInto(t, dir, "modules.order", "../../etc/veth.ko\n"); return nil }, "is no module of the tree"},
	} {
		dir := builtTree(t, "6.6.1", "veth.ko\n", "veth.ko")
		if err := tt.change(dir); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := kernels(t, "import", dir); code != verdict.ExitUsage || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: exit %d: %s, want %q", name, code, errs, tt.want)
		}
	}
	if code, _, errs := kernels(t, "import", t.TempDir(), "--watch"); code != verdict.ExitUsage || !strings.Contains(errs, "--watch is for a tree") {
		t.Errorf("no tree: exit %d: %s", code, errs)
	}
}

// shared is an output that is read while it is written.
type shared struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// A tree that is watched is imported at once, and again when its image was built anew; what
// it was before is then gone from the cache.
func TestWatchedTree(t *testing.T) {
	inNewCache(t)
	dir := builtTree(t, "6.6.1", "")
	c, err := catalogue.Open(catalogue.Options{Cache: os.Getenv("BPFLAB_CACHE")})
	if err != nil {
		t.Fatal(err)
	}
	var out shared
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- watchTree(ctx, io.Writer(&out), c, catalogue.Import{Path: dir, Name: "mine", Replace: true})
	}()
	await := func(text string) {
		for !strings.Contains(out.String(), text) {
			select {
			case err := <-ended:
				t.Fatalf("the watch ended (%v):\n%s", err, out.String())
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	await("imported 6.6.1 as local:mine")
	writeInto(t, dir, "include/config/kernel.release", "6.6.2\n")
	if err := os.Remove(filepath.Join(dir, "arch/x86/boot/bzImage")); err != nil {
		t.Fatal(err)
	}
	await("not imported: " + dir + ": arch/x86/boot/bzImage is not built yet")
	writeInto(t, dir, "arch/x86/boot/bzImage", string(kerneltest.Kernel("6.6.2")))
	await("imported 6.6.2 as local:mine")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if images, _ := filepath.Glob(filepath.Join(os.Getenv("BPFLAB_CACHE"), "images", "*.json")); len(images) != 1 {
		t.Errorf("images in the cache: %v", images)
	}
}
