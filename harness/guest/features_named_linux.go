package guest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// enumeration is an enum of include/uapi/linux/bpf.h whose values are features.
type enumeration struct {
	kind    string
	name    string                   // of the enum
	prefix  string                   // of its values
	library func(uint32) string      // returns cilium/ebpf's name of a value
	has     func(btf.EnumValue) bool // tries a value; false where that is no answer
}

// enumerations are those that the kernel's BTF may have.
func enumerations(kernel *btf.Spec) []enumeration {
	return []enumeration{
		{wire.KindMapType, "bpf_map_type", "BPF_MAP_TYPE_", func(v uint32) string { return ebpf.MapType(v).String() },
			func(v btf.EnumValue) bool { return probe.MakesMap(uint32(v.Value)) }},
		{wire.KindProgramType, "bpf_prog_type", "BPF_PROG_TYPE_", func(v uint32) string { return ebpf.ProgramType(v).String() },
			func(v btf.EnumValue) bool { return probe.Accepts(probe.Target{Type: uint32(v.Value)}, 0) }},
		{wire.KindAttachType, "bpf_attach_type", "BPF_", func(v uint32) string { return ebpf.AttachType(v).String() },
			func(v btf.EnumValue) bool { return attaches(kernel, v) }},
		{wire.KindLinkType, "bpf_link_type", "BPF_LINK_TYPE_", nil, nil},
		{wire.KindCommand, "bpf_cmd", "BPF_", nil, func(v btf.EnumValue) bool { return probe.TakesCommand(uint32(v.Value)) }},
	}
}

// askNamed adds what the kernel's BTF names, and is not asked for yet.
func askNamed(out *wire.FeaturesResult, kernel *btf.Spec) {
	if kernel == nil {
		return
	}
	for _, e := range enumerations(kernel) {
		values := e.values(kernel)
		for _, v := range values {
			if name := e.nameOf(v); !out.Answered(e.kind, name) {
				out.Add(e.kind, name, e.answer(v))
			}
		}
		if len(values) > 0 {
			out.Listed = append(out.Listed, e.kind)
		}
	}
}

// values returns the values of an enum that are features: each number once, without the
// one that is none and the ones that say how many there are.
func (e enumeration) values(kernel *btf.Spec) []btf.EnumValue {
	var enum *btf.Enum
	if kernel.TypeByName(e.name, &enum) != nil {
		return nil
	}
	var out []btf.EnumValue
	for _, v := range enum.Values {
		twice := slices.ContainsFunc(out, func(o btf.EnumValue) bool { return o.Value == v.Value })
		if !twice && strings.HasPrefix(v.Name, e.prefix) && !strings.HasSuffix(v.Name, "_UNSPEC") {
			out = append(out, v)
		}
	}
	return out
}

// nameOf returns the library's name of a value, or the kernel's where it has none.
func (e enumeration) nameOf(v btf.EnumValue) string {
	name := strings.TrimPrefix(v.Name, e.prefix)
	if e.kind == wire.KindLinkType {
		return strings.ToLower(name)
	}
	if e.library == nil {
		return name
	}
	if known := e.library(uint32(v.Value)); !strings.Contains(known, fmt.Sprintf("(%d)", v.Value)) {
		return known
	}
	return name
}

const notProbed = "named by the kernel, not probed"

func (e enumeration) answer(v btf.EnumValue) wire.Answer {
	if e.has != nil && e.has(v) {
		return wire.Answer{Supported: true}
	}
	return wire.Answer{Named: true, Note: notProbed}
}

// attaches reports whether a program is loaded for an attach type, and would not be for
// any number, or is linked.
func attaches(kernel *btf.Spec, v btf.EnumValue) bool {
	number := uint32(v.Value)
	if strings.Contains(v.Name, "UPROBE") {
		return probe.MakesUprobeLink(number)
	}
	for _, t := range checkingTargets {
		if r, ok := t.resolve(kernel); ok && probe.TakesAttachType(r, number) {
			return true
		}
	}
	return false
}

// checkingTargets are those for which the kernel looks at the attach type when a program
// is loaded.
var checkingTargets = []target{
	{kind: ebpf.Tracing, to: &btf.Func{Name: "vfs_read"}}, {kind: ebpf.Tracing}, {kind: ebpf.SkReuseport}, {kind: ebpf.Netfilter},
}

// kfuncTag marks functions of the kernel that programs may call, in BTF of pahole 1.26 and
// later.
const kfuncTag = "bpf_kfunc"

// taggedKfuncs returns the names of the functions that the kernel's BTF marks.
func taggedKfuncs(kernel *btf.Spec) []string {
	var out []string
	if kernel == nil {
		return nil
	}
	for t, err := range kernel.All() {
		if err != nil {
			return out
		}
		if f, ok := t.(*btf.Func); ok && slices.Contains(f.Tags, kfuncTag) {
			out = append(out, f.Name)
		}
	}
	return out
}
