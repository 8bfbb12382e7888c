package installed

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/local"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// put writes a file below a root.
func put(t *testing.T, root, name string, body []byte) string {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, body, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// machine returns the source of a made machine, as Debian and as Fedora lay kernels out.
func machine(t *testing.T, running string) (*Source, string) {
	t.Helper()
	root := t.TempDir()
	put(t, root, "boot/vmlinuz-6.1.0-56-amd64", kerneltest.Kernel("6.1.0-56-amd64"))
	put(t, root, "boot/config-6.1.0-56-amd64", []byte("CONFIG_BPF=y\n"))
	put(t, root, "boot/vmlinuz-0-rescue-123", []byte("no kernel of a release"))
	put(t, root, "lib/modules/6.1.0-56-amd64/kernel/net/veth.ko", []byte("module"))
	put(t, root, "lib/modules/6.19.1-200.fc43.x86_64/vmlinuz", kerneltest.Kernel("6.19.1-200.fc43.x86_64"))
	put(t, root, "lib/modules/6.19.1-200.fc43.x86_64/config", []byte("CONFIG_BTF=y\n"))
	kept, err := store.Open(store.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Files: kept, Root: root, Running: running}), root
}

// one returns the kernel of a selector.
func one(t *testing.T, s *Source, selector string) (kernel.Ref, error) {
	t.Helper()
	track, ours, err := s.Claim(selector)
	if err != nil || !ours {
		t.Fatalf("%s: %v, %v", selector, ours, err)
	}
	refs, _, err := s.List(t.Context(), kernel.Want{Track: track})
	if err != nil {
		return kernel.Ref{}, err
	}
	if refs[0].Label() != selector {
		t.Errorf("%s is called %s", selector, refs[0].Label())
	}
	return refs[0], nil
}

func TestInstalledKernels(t *testing.T) {
	s, _ := machine(t, "6.1.0-56-amd64")
	for selector, want := range map[string]struct{ release, config, modules string }{
		"host/":                       {"6.1.0-56-amd64", "CONFIG_BPF=y\n", "lib/modules/6.1.0-56-amd64"},
		"host/6.19.1-200.fc43.x86_64": {"6.19.1-200.fc43.x86_64", "CONFIG_BTF=y\n", ""},
	} {
		ref, err := one(t, s, selector)
		if err != nil {
			t.Fatal(err)
		}
		files, err := s.Fetch(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		image, err := s.Unpack(t.Context(), ref, files, dir)
		if err != nil || image.Release != want.release || image.Modules != want.modules || !image.PVH {
			t.Errorf("%s: %+v, %v", selector, image, err)
		}
		if config, err := os.ReadFile(filepath.Join(dir, image.Config)); err != nil || string(config) != want.config {
			t.Errorf("%s: configuration %q, %v", selector, config, err)
		}
	}
	if got := s.Tracks(); !slices.Equal(got, []string{"", "6.19.1-200.fc43.x86_64"}) {
		t.Errorf("tracks %q", got)
	}
	within, _ := kernel.ParseRange(">=6.2")
	refs, notes, err := s.List(t.Context(), kernel.Want{Every: true, Within: within})
	if err != nil || len(refs) != 1 || len(notes) != 0 {
		t.Errorf("%v, %v, %v", refs, notes, err)
	}
}

func TestKernelsThatAreNotThere(t *testing.T) {
	s, root := machine(t, "6.18.44-microvm")
	empty := New(Options{Root: t.TempDir(), Running: "6.18.44-microvm"})
	for name, tt := range map[string]struct {
		source   *Source
		selector string
		want     string
	}{
		"another one runs":  {s, "host/", "installed kernels are 6.1.0-56-amd64, 6.19.1-200.fc43.x86_64"},
		"none is installed": {empty, "host/", "is it a container"},
		"not installed":     {s, "host/6.5.0", "this machine has no file of it"},
		"no release":        {s, "host/../../etc", "no kernel version"},
		"no Linux":          {New(Options{Root: root}), "host/", "no kernel version"},
	} {
		_, err := one(t, tt.source, tt.selector)
		if !errors.As(err, new(*local.Error)) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestKernelThatOnlyRootMayRead(t *testing.T) {
	err := unreadable("/boot/vmlinuz-6.8.0-40-generic", &os.PathError{Op: "open", Path: "/boot/vmlinuz-6.8.0-40-generic", Err: os.ErrPermission})
	if !errors.As(err, new(*local.Error)) || !strings.Contains(err.Error(), "sudo chmod +r /boot/vmlinuz-6.8.0-40-generic") {
		t.Error(err)
	}
}

func TestKernelThatChangesMeanwhile(t *testing.T) {
	s, root := machine(t, "6.1.0-56-amd64")
	ref, err := one(t, s, "host/")
	if err != nil {
		t.Fatal(err)
	}
	put(t, root, "boot/vmlinuz-6.1.0-56-amd64", kerneltest.Kernel("6.1.0-57-amd64"))
	if _, err := s.Fetch(t.Context(), ref); !errors.Is(err, kernel.ErrGone) {
		t.Error(err)
	}
}
