package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// A kernel that is laid out in /boot and /lib/modules as distributions do boots as a guest,
// with its modules. This machine may have none installed: the root is a made one, and the
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
	file := filepath.Join(t.TempDir(), "result.json")
	o := bpflab(t, "exec", "--json", file, "--kernel", "host/"+release, "--", "sh", "-c", "uname -r; grep -c ^veth /proc/modules")
	o.want(t, verdict.ExitOK)
	if got := strings.Fields(o.stdout); len(got) != 2 || got[0] != release || got[1] != "1" {
		t.Errorf("%q, want %s and veth loaded", o.stdout, release)
	}
	var result verdict.Result
	readJSON(t, file, &result)
	if k := result.Cells[0].Kernel; k.Source != "host" || k.Selector != "host/"+release || k.Track != release {
		t.Errorf("kernel %+v", k)
	}
}
