package guest

import (
	"bytes"
	"fmt"
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/vms/wire"
)

// readObject reads the object that is a call's data.
func readObject(req *wire.Request) (*ebpf.CollectionSpec, error) {
	elf, err := io.ReadAll(io.LimitReader(req.Data(), MaxObject))
	if err != nil {
		return nil, err
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(elf))
	if err != nil {
		return nil, fmt.Errorf("read the object: %w", err)
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
