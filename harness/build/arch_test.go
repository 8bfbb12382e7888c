package build

import (
	"debug/elf"
	"errors"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// An object is of its kernel's byte order, and sees its registers.
func TestObjectsOfEachArchitecture(t *testing.T) {
	registers := map[kernel.Arch]string{kernel.AMD64: "x86", kernel.ARM64: "arm64", kernel.S390X: "s390", kernel.RISCV64: "riscv", kernel.PPC64EL: "powerpc"}
	seen := map[string]kernel.Arch{}
	b := New(Options{Cache: t.TempDir()})
	for _, arch := range kernel.Arches() {
		source := text("#ifndef __TARGET_ARCH_" + registers[arch] + "\n#error other registers\n#endif\n__attribute__((section(\"xdp\"))) int f(void) { return __TARGET_ARCH_" + registers[arch] + "; }\n")
		source.Arch = arch
		object, err := b.Object(t.Context(), source)
		if err != nil {
			t.Fatalf("%s: %v", arch, err)
		}
		if big := object.Bytes[elf.EI_DATA] == byte(elf.ELFDATA2MSB); big != arch.BigEndian() {
			t.Errorf("%s: big-endian is %t", arch, big)
		}
		if again, err := b.Object(t.Context(), source); err != nil || !again.Cached {
			t.Errorf("%s: it was compiled twice, error %v", arch, err)
		}
		if other, twice := seen[object.Path]; twice {
			t.Errorf("%s has the file of %s in the cache", arch, other)
		}
		seen[object.Path] = arch
	}
}

func TestNoLinkerForAProcessor(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, arch := range kernel.Arches() {
		if arch == kernel.HostArch() {
			continue
		}
		err := checkLinker(arch)
		if !errors.As(err, new(*LinkerError)) || !strings.Contains(err.Error(), targets[arch].triple+"-ld") || OfHost(err) {
			t.Errorf("%s: %v", arch, err)
		}
	}
	if err := checkLinker(kernel.HostArch()); err != nil {
		t.Errorf("the host's own: %v", err)
	}
}
