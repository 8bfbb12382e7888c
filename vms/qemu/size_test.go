//go:build linux

package qemu

import (
	"errors"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// A machine larger than the host is refused before anything is made or started.
func TestImpossibleSizesAreRefusedAtOnce(t *testing.T) {
	binary := fakeBinary(t, "exit 33")
	p := fakeProvider(t, t.TempDir(), binary, "")
	image := kernel.Image{Selector: "6.1", Kernel: "/none", SHA256: "00"}
	for _, test := range []struct {
		name string
		spec vms.Spec
	}{
		{"memory", vms.Spec{Kernel: image, Memory: 999 << 40}},
		{"processors", vms.Spec{Kernel: image, CPUs: 999}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := p.Start(t.Context(), test.spec)
			var failed *vms.StartError
			var size *vms.SizeError
			if !errors.As(err, &failed) || !errors.As(err, &size) {
				t.Errorf("error %v, want a *vms.StartError with a *vms.SizeError", err)
			}
		})
	}
	if _, other := calls(t, binary); other != 1 {
		t.Errorf("QEMU was started %d times, want 1: for the probe", other)
	}
}

// A lab document asks for a least amount: it gets more where kernels need more.
func TestSmallMachinesGetWhatKernelsNeed(t *testing.T) {
	for asked, want := range map[int64]int64{0: vms.DefaultMemory, 64 << 20: vms.LeastMemory, 1 << 30: 1 << 30} {
		if got := platformOf("").memory(asked); got != want {
			t.Errorf("%d bytes asked, %d given, want %d", asked, got, want)
		}
	}
}
