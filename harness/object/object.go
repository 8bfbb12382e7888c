package object

import (
	"bytes"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// MaxSize is the size of the largest object that is read, in bytes.
const MaxSize = 256 << 20

// Read reads an ELF object. It takes what libbpf takes and cilium/ebpf alone does
// not: weak maps, and variables of .kconfig that have named types. An object that is more
// than any reader takes is an error, and not read.
func Read(elf []byte) (*ebpf.CollectionSpec, error) {
	if err := Check(elf); err != nil {
		return nil, err
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(withoutWeakMaps(elf)))
	if err != nil {
		return nil, err
	}
	plainKconfig(spec)
	return spec, nil
}

// plainKconfig takes type names and qualifiers from the variables of .kconfig, such
// as __u32 LINUX_KERNEL_VERSION, which cilium/ebpf wants to be plain integers.
func plainKconfig(spec *ebpf.CollectionSpec) {
	var section *btf.Datasec
	if spec.Types == nil || spec.Types.TypeByName(".kconfig", &section) != nil {
		return
	}
	for _, info := range section.Vars {
		if v, ok := info.Type.(*btf.Var); ok {
			v.Type = btf.UnderlyingType(v.Type)
		}
	}
}
