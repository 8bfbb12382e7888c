package session

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/vms/wire"
)

// MapView is a map's content as people read it.
type MapView struct {
	Name    string
	Type    string // "Hash"
	Entries []EntryView
	Cut     bool   // there are more
	Error   string // why it cannot be read; Entries are empty then
}

// EntryView is one entry, by its BTF: "{pid: 7}" and "3".
type EntryView struct{ Key, Value string }

// maxEntries is how many entries of a map are shown.
const maxEntries = 200

// unreadable are types whose entries mean nothing to people, or must be consumed.
var unreadable = []ebpf.MapType{ebpf.RingBuf, ebpf.PerfEventArray, ebpf.ProgramArray, ebpf.CGroupArray, ebpf.StackTrace,
	ebpf.ArrayOfMaps, ebpf.HashOfMaps, ebpf.DevMap, ebpf.CPUMap, ebpf.XSKMap, ebpf.SockMap, ebpf.SockHash, ebpf.Queue, ebpf.Stack}

// Maps reads the maps of the object that is loaded, which spec describes. The error is
// the machine's.
func (s *Session) Maps(ctx context.Context, spec *ebpf.CollectionSpec) ([]MapView, error) {
	var out []MapView
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		m := spec.Maps[name]
		if slices.Contains(unreadable, m.Type) || name == ".rodata" {
			continue
		}
		view := MapView{Name: name, Type: m.Type.String()}
		var read wire.MapResult
		err := s.call(ctx, wire.OpMap, wire.MapRead{Name: name}, &read, wire.IO{})
		var fault *wire.Fault
		if errors.As(err, &fault) {
			view.Error = fault.Msg
		} else if err != nil {
			return nil, err
		}
		view.fill(m, read, byteOrder(spec))
		out = append(out, view)
	}
	return out, nil
}

func (v *MapView) fill(m *ebpf.MapSpec, read wire.MapResult, order binary.ByteOrder) {
	v.Cut = read.Cut || len(read.Entries) > maxEntries
	for _, raw := range read.Entries[:min(len(read.Entries), maxEntries)] {
		e := decodeEntry(m.Key, m.Value, raw, order)
		v.Entries = append(v.Entries, EntryView{show(e.key), showValues(e.values)})
	}
}
