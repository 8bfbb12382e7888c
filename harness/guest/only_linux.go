package guest

import (
	"maps"

	"github.com/cilium/ebpf"
)

// only returns the object with the named programs, the maps that they use, and the named
// maps. So a map of a type that this kernel lacks does not affect programs that do not use
// it.
func only(whole *ebpf.CollectionSpec, names, tables []string) *ebpf.CollectionSpec {
	programs, used := map[string]*ebpf.ProgramSpec{}, map[string]*ebpf.MapSpec{}
	for _, name := range tables {
		need(whole, name, used)
	}
	for _, name := range names {
		programs[name] = whole.Programs[name]
		for _, ins := range programs[name].Instructions {
			if ins.IsLoadFromMap() {
				need(whole, ins.Reference(), used)
			}
		}
	}
	part := *whole
	part.Programs, part.Maps, part.Variables = programs, used, maps.Clone(whole.Variables)
	maps.DeleteFunc(part.Variables, func(_ string, v *ebpf.VariableSpec) bool { return used[v.SectionName] == nil })
	return part.Copy()
}

// need adds a map, and those that it holds, to used.
func need(spec *ebpf.CollectionSpec, name string, used map[string]*ebpf.MapSpec) {
	m := spec.Maps[name]
	if m == nil || used[name] != nil {
		return
	}
	used[name] = m
	for _, entry := range m.Contents {
		if inner, ok := entry.Value.(string); ok {
			need(spec, inner, used)
		}
	}
}
