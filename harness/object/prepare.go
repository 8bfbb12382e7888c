package object

import (
	"fmt"
	"maps"
	"math/bits"
	"os"
	"slices"

	"github.com/cilium/ebpf"
)

// Preparation is something that was done to an object's map so that the object can be
// loaded without the program that it belongs to, as veristat does it.
type Preparation struct {
	Map  string `json:"map"`
	What string `json:"what"`
	Size uint32 `json:"size"`
}

// What is done to maps.
const (
	Unpinned = "unpinned" // its pinning by name was taken off
	Sized    = "sized"    // it had no max_entries
	Value    = "value"    // a map of stack traces had no value_size
	Set      = "set"      // max_entries was asked for
	Rounded  = "rounded"  // max_entries of a ring buffer, up to pages
)

func (p Preparation) String() string {
	switch p.What {
	case Unpinned:
		return fmt.Sprintf("map %s is not pinned", p.Map)
	case Sized:
		return fmt.Sprintf("map %s: max_entries %d, sized by bpflab; your loader sets this (--map-size %s=N)", p.Map, p.Size, p.Map)
	case Value:
		return fmt.Sprintf("map %s: value_size %d, sized by bpflab; your loader sets this", p.Map, p.Size)
	case Set:
		return fmt.Sprintf("map %s: max_entries %d, from --map-size", p.Map, p.Size)
	case Rounded:
		return fmt.Sprintf("map %s: max_entries %d, rounded up to a power of two of pages", p.Map, p.Size)
	}
	return p.What + " " + p.Map
}

// unsized are types of maps that have no size of their own, or one that the library sets.
var unsized = []ebpf.MapType{ebpf.SkStorage, ebpf.InodeStorage, ebpf.TaskStorage, ebpf.CgroupStorage, ebpf.PerCPUCGroupStorage,
	ebpf.CGroupStorage, ebpf.StructOpsMap, ebpf.PerfEventArray}

// stackBytes is the size of a stack trace: PERF_MAX_STACK_DEPTH addresses.
const stackBytes = 127 * 8

// Prepare changes the maps of an object so that it can be loaded without the program that it
// belongs to, and returns what it did. sizes are max_entries by map. The libbpf loader
// (harness/libbpf/loader/loader.c) does the same.
func Prepare(spec *ebpf.CollectionSpec, sizes map[string]uint32) []Preparation {
	var done []Preparation
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		done = append(done, prepareMap(spec.Maps[name], name, sizes)...)
	}
	return done
}

func prepareMap(m *ebpf.MapSpec, name string, sizes map[string]uint32) (done []Preparation) {
	note := func(what string, size uint32) { done = append(done, Preparation{name, what, size}) }
	if m.Pinning != ebpf.PinNone {
		m.Pinning = ebpf.PinNone
		note(Unpinned, 0)
	}
	if size, ok := sizes[name]; ok {
		m.MaxEntries = size
		note(Set, size)
	}
	if m.MaxEntries == 0 && !slices.Contains(unsized, m.Type) {
		m.MaxEntries = 1
		note(Sized, 1)
	}
	if m.Type == ebpf.RingBuf {
		if size := ringSize(m.MaxEntries, uint32(os.Getpagesize())); size != m.MaxEntries {
			m.MaxEntries = size
			note(Rounded, size)
		}
	}
	if m.Type == ebpf.StackTrace && m.ValueSize == 0 {
		m.ValueSize = stackBytes
		note(Value, stackBytes)
	}
	if m.InnerMap != nil {
		done = append(done, prepareMap(m.InnerMap, name, nil)...)
	}
	return done
}

// ringSize returns the size of a ring buffer that the kernel takes: a power of two of pages.
// 0 is what no power of two is large enough for.
func ringSize(size, page uint32) uint32 {
	if size <= page {
		return page
	}
	if size > 1<<31 {
		return size // the kernel rejects it
	}
	return 1 << bits.Len32(size-1)
}
