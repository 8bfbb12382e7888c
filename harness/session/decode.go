package session

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// byteOrder returns that of an object, and so of the machine that has loaded it.
func byteOrder(spec *ebpf.CollectionSpec) binary.ByteOrder {
	if spec == nil || spec.ByteOrder == nil {
		return binary.LittleEndian
	}
	return spec.ByteOrder
}

// decode reads raw bytes of a byte order as a BTF type: integers and enums as int64 or
// uint64, arrays of char as string, other arrays as []any, structs and unions
// as map[string]any. What BTF does not describe is decoded to hexadecimal digits.
func decode(t btf.Type, raw []byte, order binary.ByteOrder) any {
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Int:
		return decodeInt(raw, t.Size, t.Encoding == btf.Signed, order)
	case *btf.Enum:
		return decodeInt(raw, t.Size, t.Signed, order)
	case *btf.Pointer:
		return decodeInt(raw, 8, false, order)
	case *btf.Array:
		return decodeArray(t, raw, order)
	case *btf.Struct:
		return decodeMembers(t.Members, raw, order)
	case *btf.Union:
		return decodeMembers(t.Members, raw, order)
	}
	return hex.EncodeToString(raw)
}

func decodeInt(raw []byte, size uint32, signed bool, order binary.ByteOrder) any {
	if uint32(len(raw)) < size || size > 8 {
		return hex.EncodeToString(raw)
	}
	var buf [8]byte
	at := 0
	if order == binary.BigEndian {
		at = int(8 - size)
	}
	copy(buf[at:], raw[:size])
	v := order.Uint64(buf[:])
	if signed {
		shift := 64 - 8*size
		return int64(v<<shift) >> shift
	}
	return v
}

func decodeArray(t *btf.Array, raw []byte, order binary.ByteOrder) any {
	if isChar(t.Type) {
		text, _, _ := bytes.Cut(raw[:min(len(raw), int(t.Nelems))], []byte{0})
		return string(text)
	}
	size, err := btf.Sizeof(t.Type)
	if err != nil || size == 0 {
		return hex.EncodeToString(raw)
	}
	var out []any
	for i := 0; i < int(t.Nelems) && (i+1)*size <= len(raw); i++ {
		out = append(out, decode(t.Type, raw[i*size:(i+1)*size], order))
	}
	return out
}

// isChar reports whether a type is C's char, not an 8-bit number: clang marks neither, but names
// the one "char".
func isChar(t btf.Type) bool {
	i, ok := btf.UnderlyingType(t).(*btf.Int)
	return ok && (i.Encoding == btf.Char || i.Name == "char")
}

func decodeMembers(members []btf.Member, raw []byte, order binary.ByteOrder) any {
	out := map[string]any{}
	for _, m := range members {
		size, err := btf.Sizeof(m.Type)
		from := int(m.Offset.Bytes())
		if err != nil || m.BitfieldSize != 0 || from+size > len(raw) {
			continue
		}
		out[m.Name] = decode(m.Type, raw[from:from+size], order)
	}
	return out
}

// number converts a decoded value to a number.
func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case uint64:
		return int64(v), true
	}
	return 0, false
}

// same compares a decoded value with one from a lab document.
func same(seen, want any) bool {
	a, okA := number(seen)
	b, okB := number(want)
	if okA && okB {
		return a == b
	}
	return fmt.Sprint(seen) == fmt.Sprint(want)
}

// matches reports whether a decoded value has the wanted fields. The field "key"
// stands for a value that is no struct.
func matches(v any, where map[string]any) bool {
	_, isStruct := v.(map[string]any)
	for name, want := range where {
		seen := part(v, name)
		if !isStruct && name == "key" {
			seen = v
		}
		if seen == nil || !same(seen, want) {
			return false
		}
	}
	return true
}

// show prints a decoded value on one line, structs with sorted fields.
func show(v any) string {
	fields, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprint(v)
	}
	var parts []string
	for name, value := range fields {
		parts = append(parts, name+": "+show(value))
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}
