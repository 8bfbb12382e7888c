package session

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/vms/suggest"
)

// argument is the name of a 64-bit argument of a program whose context is no struct with
// names, as of tracepoints.
var argument = regexp.MustCompile(`^arg([0-9]|1[01])$`)

// putField writes a value into the bytes of a context of type t, at the field that a path
// names, as cb[0]. It makes the bytes more where arguments are beyond their end.
func putField(context *[]byte, t btf.Type, path string, value any, order binary.ByteOrder) error {
	if m := argument.FindStringSubmatch(path); m != nil && !hasMember(t, path) {
		n, _ := strconv.Atoi(m[1])
		if need := 8 * (n + 1); len(*context) < need {
			*context = append(*context, make([]byte, need-len(*context))...)
		}
		return putValue((*context)[8*n:], 8, value, order)
	}
	offset, size, err := place(t, path)
	if err != nil {
		return err
	}
	if offset+size > len(*context) {
		return fmt.Errorf("%s is beyond the end of the context, which has %d bytes", path, len(*context))
	}
	if err := putValue((*context)[offset:], size, value, order); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func hasMember(t btf.Type, name string) bool {
	found, _ := members(t)
	for _, m := range found {
		if m.Name == name {
			return true
		}
	}
	return false
}

// place returns where a field is in a struct, and its size, both in bytes.
func place(t btf.Type, path string) (offset, size int, err error) {
	whole := t
	for _, name := range strings.FieldsFunc(path, isJoint) {
		at, next, names := memberOf(t, name)
		if next == nil {
			if meant := suggest.Spelling(name, names); meant != "" {
				return 0, 0, fmt.Errorf("%s has no field %q; did you mean %q?", typeName(whole), path, meant)
			}
			return 0, 0, fmt.Errorf("%s has no field %q", typeName(whole), path)
		}
		offset, t = offset+at, next
	}
	size, err = btf.Sizeof(t)
	return offset, size, err
}

// memberOf returns where one field or element is in a type, and its own type, or nil and the
// names that there are. Fields of members without a name count as the type's own, as in C.
func memberOf(t btf.Type, name string) (offset int, of btf.Type, names []string) {
	if a, ok := btf.UnderlyingType(t).(*btf.Array); ok {
		size, err := btf.Sizeof(a.Type)
		i, bad := strconv.ParseUint(name, 10, 16)
		if err != nil || bad != nil || a.Nelems > 0 && i >= uint64(a.Nelems) {
			return 0, nil, nil
		}
		return int(i) * size, a.Type, nil
	}
	all, _ := members(t)
	for _, m := range all {
		if m.Name == "" {
			if at, of, _ := memberOf(m.Type, name); of != nil {
				return int(m.Offset.Bytes()) + at, of, nil
			}
			continue
		}
		if m.Name == name && m.BitfieldSize == 0 {
			return int(m.Offset.Bytes()), m.Type, nil
		}
		names = append(names, m.Name)
	}
	return 0, nil, names
}

func typeName(t btf.Type) string {
	if s, ok := t.(*btf.Struct); ok {
		return "struct " + s.Name
	}
	return "the context"
}

// putValue writes a whole number, or an IP address as it is in a packet.
func putValue(to []byte, size int, value any, order binary.ByteOrder) error {
	if text, ok := value.(string); ok {
		address, err := netip.ParseAddr(text)
		if err != nil || len(address.AsSlice()) != size {
			return fmt.Errorf("%q is no IP address of %d bytes", text, size)
		}
		copy(to, address.AsSlice())
		return nil
	}
	n, ok := number(value)
	if !ok || size > 8 {
		return fmt.Errorf("want a whole number for a field of 8 bytes at most, not %v for one of %d", value, size)
	}
	if size < 8 && (n >= 1<<(8*size) || n < -1<<(8*size-1)) {
		return errTooLarge
	}
	var all [8]byte
	order.PutUint64(all[:], uint64(n))
	if order == binary.BigEndian {
		copy(to[:size], all[8-size:])
	} else {
		copy(to[:size], all[:size])
	}
	return nil
}
