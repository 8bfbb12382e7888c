package guest

import (
	"context"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/vms/wire"
)

// maxMapBytes bounds the keys and values of one answer; base64 makes a third
// more of them.
const maxMapBytes = 512 << 10

// readMap reads all entries of a map of the loaded object.
func (a *agent) readMap(_ context.Context, args wire.MapRead) (wire.MapResult, error) {
	a.loaded.mu.Lock()
	defer a.loaded.mu.Unlock()
	m := a.loaded.maps[args.Name]
	if m == nil {
		return wire.MapResult{}, fmt.Errorf("the object has no map %q", args.Name)
	}
	return readEntries(m)
}

func readEntries(m *ebpf.Map) (wire.MapResult, error) {
	var res wire.MapResult
	size := 0
	var prev any // nil asks for the first key
	for n := uint32(0); n < m.MaxEntries(); n++ {
		key, err := m.NextKeyBytes(prev)
		if err != nil {
			return res, fmt.Errorf("map keys: %w", err)
		}
		if key == nil {
			return res, nil
		}
		prev = key
		value, err := m.LookupBytes(key)
		if errors.Is(err, ebpf.ErrKeyNotExist) || (err == nil && value == nil) {
			continue // deleted in the meantime
		}
		if err != nil {
			return res, fmt.Errorf("map value: %w", err)
		}
		if size += len(key) + len(value); size > maxMapBytes {
			res.Cut = true
			return res, nil
		}
		res.Entries = append(res.Entries, wire.MapEntry{Key: key, Values: split(m, value)})
	}
	return res, nil
}

// split cuts a per-CPU value into its CPUs' parts, which the kernel aligns to
// 8 bytes (bpf_percpu_hash_copy and bpf_percpu_array_copy).
func split(m *ebpf.Map, value []byte) [][]byte {
	size := int(m.ValueSize())
	switch m.Type() {
	case ebpf.PerCPUArray, ebpf.PerCPUHash, ebpf.LRUCPUHash, ebpf.PerCPUCGroupStorage:
	default:
		return [][]byte{value}
	}
	step := (size + 7) &^ 7
	var out [][]byte
	for ; len(value) >= step; value = value[step:] {
		out = append(out, value[:size])
	}
	return out
}
