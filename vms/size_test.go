package vms

import (
	"errors"
	"fmt"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestSizesThatFit(t *testing.T) {
	host := Caps{MostMemory: 24105 << 20, LeastMemory: 128 << 20, MostCPUs: 64}
	for _, test := range []struct {
		name   string
		caps   Caps
		memory int64
		cpus   int
		want   string
	}{
		{"the provider's own choice", host, 0, 0, ""},
		{"usual", host, 256 << 20, 2, ""},
		{"all of it", host, 24105 << 20, 64, ""},
		{"more than there is", host, 999 << 30, 1, "999 GiB of memory is more than this host has, 23.5 GiB"},
		{"a page more", host, 24105<<20 + 4096, 1, "23.5 GiB of memory is more than this host has, 23.5 GiB"},
		{"too little", host, 1 << 20, 1, "1 MiB of memory is less than kernels need to boot, 128 MiB"},
		{"too many processors", host, 0, 65, "a machine with 65 processors is more than this host can run, 64"},
		{"a server that is elsewhere", Caps{}, 999 << 30, 999, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.caps.Fits(test.memory, test.cpus)
			if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want || !errors.As(err, new(*SizeError))) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestVariantsHaveTheLeastMemory(t *testing.T) {
	least := fmt.Sprintf("mem=%dM", LeastMemory>>20)
	v, err := kernel.ParseVariant(least)
	if err != nil || v.Memory() != LeastMemory {
		t.Errorf("%s: %d, %v", least, v.Memory(), err)
	}
	if _, err := kernel.ParseVariant(fmt.Sprintf("mem=%dM", LeastMemory>>20-1)); err == nil {
		t.Error("a variant has less memory than machines")
	}
	s := Spec{Memory: 1 << 30, Kernel: kernel.Image{Variant: v}}
	if got := s.Sized().Memory; got != LeastMemory {
		t.Errorf("a machine of the variant has %d", got)
	}
}
