//go:build linux

package qemu

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bpflab/bpflab/vms"
)

// fakeProvider has a fake for QEMU and, unless device is "", a file for
// /dev/kvm.
func fakeProvider(t *testing.T, cache, binary, device string) *Provider {
	t.Helper()
	t.Setenv("BPFLAB_ACCEL", "")
	p := New(Options{Cache: cache, Binary: binary})
	p.kvm = device
	return p
}

func fakeDevice(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "kvm")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAcceleratorIsWhatBoots(t *testing.T) {
	for _, test := range []struct{ name, text, device, want string }{
		{"the guest gets to its end", "exit 33", fakeDevice(t), "kvm"},
		{"QEMU refuses", "exit 1", fakeDevice(t), "tcg"},
		{"QEMU breaks", "kill -ABRT $$", fakeDevice(t), "tcg"},
		{"QEMU ends well, without the guest", "exit 0", fakeDevice(t), "tcg"},
		{"no device", "exit 33", "/no/such/device", "tcg"},
	} {
		t.Run(test.name, func(t *testing.T) {
			caps, err := fakeProvider(t, t.TempDir(), fakeBinary(t, test.text), test.device).Caps(t.Context())
			want := vms.Caps{Fork: true, Kernels: vms.AnyKernel, Accelerator: test.want, Detail: "QEMU 9.8.7",
				MostMemory: vms.HostMemory(), LeastMemory: vms.KernelMemory, MostCPUs: mostCPUs()}
			if err != nil || caps != want {
				t.Errorf("caps %+v, error %v, want %+v", caps, err, want)
			}
		})
	}
}

func TestCapsAskOnce(t *testing.T) {
	cache, device := t.TempDir(), fakeDevice(t)
	binary := fakeBinary(t, "exit 33")
	p := fakeProvider(t, cache, binary, device)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := p.Caps(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if version, other := calls(t, binary); version != 1 || other != 1 {
		t.Errorf("%d times asked for the version and %d times booted, want 1 and 1", version, other)
	}
	caps, err := fakeProvider(t, cache, binary, device).Caps(t.Context())
	if err != nil || caps.Accelerator != "kvm" {
		t.Errorf("the next process: caps %+v, error %v", caps, err)
	}
	if _, other := calls(t, binary); other != 1 {
		t.Errorf("booted %d times, want 1: the answer was not remembered", other)
	}
}

func TestAcceleratorIsAskedAgain(t *testing.T) {
	cache := t.TempDir()
	binary := fakeBinary(t, "exit 33")
	ask := func(device string) {
		t.Helper()
		if caps, err := fakeProvider(t, cache, binary, device).Caps(t.Context()); err != nil || caps.Accelerator != "kvm" {
			t.Fatalf("caps %+v, error %v", caps, err)
		}
	}
	ask(fakeDevice(t))
	ask(fakeDevice(t)) // another one
	if _, other := calls(t, binary); other != 2 {
		t.Errorf("booted %d times for two devices, want 2", other)
	}
	if err := os.WriteFile(filepath.Join(cache, "accelerator.json"), []byte("{torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(fakeDevice(t))
	if _, other := calls(t, binary); other != 3 {
		t.Errorf("booted %d times after the file was torn, want 3", other)
	}
}

func TestAcceleratorOverride(t *testing.T) {
	binary := fakeBinary(t, "exit 33")
	for _, test := range []struct{ value, want, err string }{
		{"tcg", "tcg", ""},
		{"kvm", "kvm", ""},
		{"hvf", "", `BPFLAB_ACCEL is "hvf"; it can be kvm or tcg`},
	} {
		t.Run(test.value, func(t *testing.T) {
			p := fakeProvider(t, t.TempDir(), binary, fakeDevice(t))
			t.Setenv("BPFLAB_ACCEL", test.value)
			caps, err := p.Caps(t.Context())
			if caps.Accelerator != test.want {
				t.Errorf("accelerator %q, want %q", caps.Accelerator, test.want)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
	if _, other := calls(t, binary); other != 0 {
		t.Errorf("booted %d times, want none", other)
	}
}

func TestCancelledCapsAreNotRemembered(t *testing.T) {
	p := fakeProvider(t, t.TempDir(), fakeBinary(t, "exit 33"), fakeDevice(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Caps(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if caps, err := p.Caps(t.Context()); err != nil || caps.Accelerator != "kvm" {
		t.Errorf("afterwards: caps %+v, error %v", caps, err)
	}
}
