package guest

import (
	"slices"

	"github.com/cilium/ebpf"
)

// keptMaps are maps of an object whose programs are loaded one after the other. Each program
// is loaded with the maps of the one before: to make and to remove a hash table takes longer
// than to load most programs.
type keptMaps map[string]*ebpf.Map

// keptTypes are the types of maps that do not change with the programs that use them. An array
// of programs, for one, is bound to the type of the first.
var keptTypes = []ebpf.MapType{ebpf.Hash, ebpf.PerCPUHash, ebpf.LRUHash, ebpf.LRUCPUHash, ebpf.Array, ebpf.PerCPUArray,
	ebpf.LPMTrie, ebpf.RingBuf, ebpf.StackTrace, ebpf.PerfEventArray}

// make returns the maps of a part of the object, for the caller to close. It makes those that
// are not kept, and if that fails all of them: it may be for the memory that the others take.
func (k *keptMaps) make(spec *ebpf.CollectionSpec) (made map[string]*ebpf.Map, subject string, err error) {
	there := map[string]*ebpf.Map{}
	for name := range spec.Maps {
		if m := (*k)[name]; m != nil {
			there[name] = m
		}
	}
	made, subject, err = makeMaps(spec, there)
	if err != nil && len(*k) > 0 {
		k.close()
		made, subject, err = makeMaps(spec, nil)
	}
	if err == nil {
		k.keep(made)
	}
	return made, subject, err
}

// keep keeps the maps that it can.
func (k *keptMaps) keep(made map[string]*ebpf.Map) {
	for name, m := range made {
		if (*k)[name] != nil || !slices.Contains(keptTypes, m.Type()) {
			continue
		}
		if clone, err := m.Clone(); err == nil {
			if *k == nil {
				*k = keptMaps{}
			}
			(*k)[name] = clone
		}
	}
}

func (k *keptMaps) close() {
	for _, m := range *k {
		m.Close()
	}
	*k = nil
}
