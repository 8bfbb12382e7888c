package verify

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/libbpf"
)

// noPrealloc is BPF_F_NO_PREALLOC of include/uapi/linux/bpf.h.
const noPrealloc = 1

// wrongMap reports whether no kernel creates the map with the sizes that libbpf gave it:
// cilium/ebpf sets some by itself.
func wrongMap(f *failure) bool {
	wrong, _ := wrongSizes(f.refused)
	return wrong != ""
}

func mapIsWrong(f *failure) string {
	wrong, _ := wrongSizes(f.refused)
	name, _, _ := strings.Cut(strings.TrimPrefix(f.Reason.Text, "map "), " (")
	if strings.Contains(f.Reason.Text, "failed to create inner map") {
		name += ", its inner map"
	}
	return fmt.Sprintf("map %s (%s): %s", name, ebpf.MapType(f.refused.MapType), wrong)
}

func mapFix(f *failure) string {
	_, fix := wrongSizes(f.refused)
	return fix
}

// wrongSizes says what is wrong with a map, "" if nothing is known, and what to do. The
// rules are those of the map_alloc_check functions in kernel/bpf of Linux.
func wrongSizes(m libbpf.MapSpec) (wrong, fix string) {
	switch ebpf.MapType(m.MapType) {
	case ebpf.UnspecifiedMap:
		return "", ""
	case ebpf.RingBuf, ebpf.UserRingbuf:
		if m.Key != 0 || m.Value != 0 {
			return fmt.Sprintf("a ring buffer has neither keys nor values, and the object gives it keys of %d and values of %d bytes", m.Key, m.Value),
				"remove __type(key, ...) and __type(value, ...): cilium/ebpf leaves them out by itself, libbpf does not"
		}
	case ebpf.PerfEventArray, ebpf.ProgramArray, ebpf.CGroupArray, ebpf.ArrayOfMaps:
		if m.Key != 4 || m.Value != 4 {
			return fmt.Sprintf("a map of this type has keys and values of 4 bytes, and the object gives it keys of %d and values of %d", m.Key, m.Value),
				"write __uint(key_size, sizeof(int)) and __uint(value_size, sizeof(int)): cilium/ebpf sets them by itself, libbpf does not"
		}
	case ebpf.Array, ebpf.PerCPUArray:
		if m.Key != 4 {
			return fmt.Sprintf("the keys of an array have 4 bytes, and the object gives it keys of %d", m.Key), "write __type(key, __u32)"
		}
	case ebpf.BloomFilter:
		if m.Key != 0 {
			return fmt.Sprintf("a Bloom filter has values only, and the object gives it keys of %d bytes", m.Key), "remove __type(key, ...)"
		}
	case ebpf.LPMTrie, ebpf.SkStorage, ebpf.InodeStorage, ebpf.TaskStorage, ebpf.CgroupStorage:
		if m.Flags&noPrealloc == 0 {
			return "the kernel takes maps of this type only with the flag BPF_F_NO_PREALLOC", "write __uint(map_flags, BPF_F_NO_PREALLOC)"
		}
	}
	if m.Entries == 0 && m.Flags&noPrealloc == 0 {
		return "it has no max_entries", "give it a number in the source: __uint(max_entries, N); cilium/ebpf sets it for perf event arrays, as libbpf does for those that are no inner maps"
	}
	if m.Key != 0 && m.Value == 0 {
		return "its values have no size", "write __type(value, ...), or set the size in the program's own loader"
	}
	return "", ""
}
