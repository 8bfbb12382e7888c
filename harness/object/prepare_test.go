package object

import (
	"slices"
	"testing"

	"github.com/cilium/ebpf"
)

func TestPrepare(t *testing.T) {
	spec := &ebpf.CollectionSpec{Maps: map[string]*ebpf.MapSpec{
		"a_pinned":  {Type: ebpf.Array, MaxEntries: 4, Pinning: ebpf.PinByName},
		"b_unsized": {Type: ebpf.Hash},
		"c_asked":   {Type: ebpf.Hash},
		"d_task":    {Type: ebpf.TaskStorage},
		"e_perf":    {Type: ebpf.PerfEventArray},
		"f_stack":   {Type: ebpf.StackTrace, MaxEntries: 8},
		"g_ring":    {Type: ebpf.RingBuf, MaxEntries: 1<<20 + 1},
		"h_whole":   {Type: ebpf.RingBuf, MaxEntries: 1 << 20},
		"i_outer":   {Type: ebpf.HashOfMaps, MaxEntries: 2, InnerMap: &ebpf.MapSpec{Type: ebpf.Hash}},
	}}
	got := Prepare(spec, map[string]uint32{"c_asked": 77})
	want := []Preparation{{"a_pinned", Unpinned, 0}, {"b_unsized", Sized, 1}, {"c_asked", Set, 77}, {"f_stack", Value, 1016},
		{"g_ring", Rounded, 1 << 21}, {"i_outer", Sized, 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if m := spec.Maps; m["a_pinned"].Pinning != ebpf.PinNone || m["b_unsized"].MaxEntries != 1 || m["c_asked"].MaxEntries != 77 ||
		m["d_task"].MaxEntries != 0 || m["e_perf"].MaxEntries != 0 || m["f_stack"].ValueSize != 1016 || m["i_outer"].InnerMap.MaxEntries != 1 {
		t.Errorf("the maps are %+v", m)
	}
	if again := Prepare(spec, nil); len(again) > 0 {
		t.Errorf("once more: %+v", again)
	}
}

func TestRingSize(t *testing.T) {
	for size, want := range map[uint32]uint32{0: 4096, 1: 4096, 4096: 4096, 4097: 8192, 12288: 16384, 1 << 31: 1 << 31, 1<<31 + 1: 1<<31 + 1} {
		if got := ringSize(size, 4096); got != want {
			t.Errorf("ringSize(%d) = %d, want %d", size, got, want)
		}
	}
}
