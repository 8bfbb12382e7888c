package guest

import "github.com/cilium/ebpf"

// only returns the object with the named programs, the maps that they use, and the named
// maps. So a map of a type that this kernel lacks does not affect programs that do not use
// it.
func only(whole *ebpf.CollectionSpec, names, tables []string) *ebpf.CollectionSpec {
	spec := whole.Copy()
	programs, used := map[string]*ebpf.ProgramSpec{}, map[string]*ebpf.MapSpec{}
	for _, name := range tables {
		need(spec, name, used)
	}
	for _, name := range names {
		programs[name] = spec.Programs[name]
		for _, ins := range programs[name].Instructions {
			if ins.IsLoadFromMap() {
				need(spec, ins.Reference(), used)
			}
		}
	}
	spec.Programs, spec.Maps = programs, used
	for variable, v := range spec.Variables {
		if used[v.SectionName] == nil {
			delete(spec.Variables, variable)
		}
	}
	return spec
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
