package session

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/wire"
)

// entry is a decoded map entry. values has one element, or one a CPU.
type entry struct {
	key    any
	values []any
}

func judgeMap(want lab.Map, o *observation) (bool, string) {
	read, ok := o.maps[want.Name]
	if !ok || o.spec == nil || o.spec.Maps[want.Name] == nil {
		return false, "no such map in the object"
	}
	spec := o.spec.Maps[want.Name]
	var chosen []entry
	for _, e := range read.Entries {
		if d := decodeEntry(spec.Key, spec.Value, e, byteOrder(o.spec)); matches(d.key, want.Where) {
			chosen = append(chosen, d)
		}
	}
	sum, err := sumOf(chosen, want.Field)
	sums := want.Sum != nil || want.Min != nil
	if err != nil && sums {
		return false, err.Error()
	}
	ok = (want.Sum == nil || *want.Sum == sum) && (want.Min == nil || sum >= *want.Min) &&
		(want.Entries == nil || *want.Entries == len(chosen)) && !read.Cut
	text := entries(len(chosen))
	if err == nil {
		text += fmt.Sprintf(", sum %d", sum)
	}
	if read.Cut {
		text += ", cut off: the map is too large to read whole"
	}
	if !ok {
		text += sample(spec.Key, spec.Value, read.Entries, byteOrder(o.spec))
	}
	return ok, text
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

func decodeEntry(key, value btf.Type, e wire.MapEntry, order binary.ByteOrder) entry {
	out := entry{key: decodeOr(key, e.Key, order)}
	for _, v := range e.Values {
		out.values = append(out.values, decodeOr(value, v, order))
	}
	return out
}

// decodeOr decodes by BTF, or as a plain integer where the map has none.
func decodeOr(t btf.Type, raw []byte, order binary.ByteOrder) any {
	if t == nil || btf.UnderlyingType(t) == btf.Type((*btf.Void)(nil)) {
		return decodeInt(raw, uint32(len(raw)), false, order)
	}
	return decode(t, raw, order)
}

func sumOf(entries []entry, field string) (int64, error) {
	var sum int64
	for _, e := range entries {
		for _, v := range e.values {
			v = part(v, field)
			n, ok := number(v)
			if !ok {
				return 0, fmt.Errorf("the value %s is no number; name a field of it with `field:`", show(v))
			}
			sum += n
		}
	}
	return sum, nil
}

// sample shows the map's first entries, for a reader of the report.
func sample(key, value btf.Type, entries []wire.MapEntry, order binary.ByteOrder) string {
	var b strings.Builder
	for i, raw := range entries {
		if i == showLines {
			fmt.Fprintf(&b, "\n… %d more entries", len(entries)-i)
			break
		}
		e := decodeEntry(key, value, raw, order)
		fmt.Fprintf(&b, "\n%s = %s", show(e.key), showValues(e.values))
	}
	return b.String()
}

func showValues(values []any) string {
	if len(values) == 1 {
		return show(values[0])
	}
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = show(v)
	}
	return "[" + strings.Join(parts, " ") + "] by CPU"
}

func judgeEvent(want lab.Event, o *observation) (bool, string) {
	read, ok := o.events[want.Map]
	if !ok || o.spec == nil {
		return false, "no such buffer in the object"
	}
	t, err := o.spec.Types.AnyTypeByName(want.Type)
	if err != nil {
		return false, fmt.Sprintf("the object's BTF has no type %q", want.Type)
	}
	n := 0
	var first string
	for _, raw := range read.Records {
		v := decode(t, raw, byteOrder(o.spec))
		if first == "" {
			first = show(v)
		}
		if matches(v, want.Where) {
			n++
		}
	}
	ok = n >= want.Min
	if want.Count != nil {
		ok = n == *want.Count && read.Lost == 0
	}
	text := fmt.Sprintf("%d such of %d records, %d lost", n, len(read.Records), read.Lost)
	if !ok && first != "" {
		text += "; the first is " + first
	}
	return ok, text
}
