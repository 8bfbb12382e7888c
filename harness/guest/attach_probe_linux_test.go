package guest

import (
	"errors"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// The bits of st_other in the ELFv2 ABI: a distance of 0, 4, 8, ... bytes.
func TestEntryOffset(t *testing.T) {
	for other, want := range map[byte]uint64{0: 0, 1 << 5: 0, 2 << 5: 4, 3 << 5: 8, 4 << 5: 16, 3<<5 | 2: 8} {
		if got := entryOffset(other); got != want {
			t.Errorf("%#x: %d, want %d", other, got, want)
		}
	}
}

// A probe is moved on riscv64 alone, and only where the kernel refuses the first instruction.
func TestProbesAreWhereTheyAreWanted(t *testing.T) {
	var asked []uint64
	refuse := func(_ string, _ *ebpf.Program, o *link.KprobeOptions) (link.Link, error) {
		asked = append(asked, o.Offset)
		return nil, unix.EINVAL
	}
	if _, err := attachAt(refuse, "do_exit", nil, 4); !errors.Is(err, unix.EINVAL) || len(asked) != 1 || asked[0] != 4 {
		t.Errorf("asked for %v, error %v", asked, err)
	}
	asked = nil
	_, err := attachAt(refuse, "do_exit", nil, 0)
	if tries := map[bool]int{true: 2, false: 1}[runtime.GOARCH == "riscv64"]; len(asked) != tries || !errors.Is(err, unix.EINVAL) {
		t.Errorf("asked for %v, error %v", asked, err)
	}
}
