package guest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
)

// slot is an entry that the object gives a program array: a number, and the program
// that a tail call to it goes on in.
type slot struct {
	array   string
	index   uint32
	program string
}

// takeSlots takes the entries out of the object's program arrays. The programs are
// loaded one by one, each by itself, so the arrays are filled when that is done.
func takeSlots(spec *ebpf.CollectionSpec) []slot {
	var out []slot
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		m := spec.Maps[name]
		if m.Type != ebpf.ProgramArray {
			continue
		}
		for _, entry := range m.Contents {
			index, isNumber := entry.Key.(uint32)
			program, isName := entry.Value.(string)
			if isNumber && isName {
				out = append(out, slot{name, index, program})
			}
		}
		m.Contents = nil
	}
	return out
}

// fill puts the programs that were accepted into their slots. The others stay empty.
func (o *loaded) fill(slots []slot) error {
	for _, s := range slots {
		array, program := o.maps[s.array], o.programs[s.program]
		if array == nil || program == nil {
			continue
		}
		if err := array.Put(s.index, program); err != nil {
			return fmt.Errorf("put program %s into %s[%d]: %w", s.program, s.array, s.index, err)
		}
	}
	return nil
}
