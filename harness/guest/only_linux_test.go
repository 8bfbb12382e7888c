package guest

import (
	"maps"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// using returns a program that looks into maps.
func using(tables ...string) *ebpf.ProgramSpec {
	p := &ebpf.ProgramSpec{}
	for _, name := range tables {
		p.Instructions = append(p.Instructions, asm.LoadMapPtr(asm.R1, 0).WithReference(name))
	}
	return p
}

func TestOnlyKeepsWhatIsUsed(t *testing.T) {
	whole := &ebpf.CollectionSpec{
		Programs: map[string]*ebpf.ProgramSpec{"old": using("array"), "new": using("ring", "outer"), "none": using()},
		Maps: map[string]*ebpf.MapSpec{
			"array": {}, "ring": {Type: ebpf.RingBuf}, "inner": {}, "shown": {},
			"outer": {Type: ebpf.ArrayOfMaps, Contents: []ebpf.MapKV{{Key: uint32(0), Value: "inner"}}},
		},
	}
	for _, test := range []struct {
		name         string
		programs     []string
		tables, want []string
	}{
		{"one map", []string{"old"}, nil, []string{"array"}},
		{"a map that holds another", []string{"new"}, nil, []string{"inner", "outer", "ring"}},
		{"two programs", []string{"new", "old"}, nil, []string{"array", "inner", "outer", "ring"}},
		{"a map that is looked at", []string{"old"}, []string{"shown"}, []string{"array", "shown"}},
		{"a map that is not there", []string{"none"}, []string{"missing"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec := only(whole, test.programs, test.tables)
			if got := slices.Sorted(maps.Keys(spec.Maps)); !slices.Equal(got, test.want) {
				t.Errorf("maps %v, want %v", got, test.want)
			}
			if len(spec.Programs) != len(test.programs) {
				t.Errorf("%d programs, want %d", len(spec.Programs), len(test.programs))
			}
		})
	}
	if len(whole.Programs) != 3 || len(whole.Maps) != 5 {
		t.Error("the whole object has changed")
	}
}
