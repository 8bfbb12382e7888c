package globals

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// Patch is what an assignment writes.
type Patch struct {
	Section string
	Offset  uint64 // in the section
	Bytes   []byte
	Mask    []byte // of the bits that are written; nil is all of them

	// Note says why the value may not be what the verifier sees, "" if it is.
	Note string
}

// Patch returns what an assignment writes. Errors name the variable, what its type is and
// which values it takes.
func (v *Variables) Patch(a Assignment) (Patch, error) {
	t, err := v.resolve(a.Path)
	if err != nil {
		return Patch{}, err
	}
	path := a.Path.String()
	p := Patch{Section: t.symbol.section, Offset: t.at / 8, Note: t.note(a.Path.Name)}
	if t.bits > 0 {
		err = v.patchBits(&p, t, path, a.Value)
	} else {
		p.Bytes, err = v.encode(t, path, a.Value)
	}
	if err != nil {
		return Patch{}, err
	}
	if size := v.sections[p.Section]; p.Offset > size || uint64(len(p.Bytes)) > size-p.Offset {
		return Patch{}, fmt.Errorf("%s is at byte %d of section %s, which has only %d: the object's BTF is wrong", path, p.Offset, p.Section, size)
	}
	return p, nil
}

// note says why a value may not reach the verifier.
func (t target) note(name string) string {
	if !strings.HasPrefix(t.symbol.section, constants) {
		return fmt.Sprintf("%s is in %s: the verifier takes what is there for unknown, whatever its value; `const volatile` puts a variable in .rodata", name, t.symbol.section)
	}
	if !t.volatile {
		return fmt.Sprintf("%s is not volatile: clang may have put the value that it has in the source into the instructions", name)
	}
	return ""
}

// encode returns a value's bytes.
func (v *Variables) encode(t target, path string, value Value) ([]byte, error) {
	switch typ := t.typ.(type) {
	case *btf.Array:
		return v.encodeArray(t, typ, path, value)
	case *btf.Int:
		return v.encodeNumber(t, path, value, typ.Size*8, typ.Encoding == btf.Signed)
	case *btf.Enum:
		return v.encodeNumber(t, path, value, typ.Size*8, typ.Signed)
	case *btf.Struct, *btf.Union:
		return nil, fmt.Errorf("%s is %s: set its fields one by one, as in %s", path, typeName(t.named), exampleField(t.typ, path))
	}
	return nil, fmt.Errorf("%s is %s, and only integers, bool, char, enums, and arrays of those have values that can be set", path, typeName(t.named))
}

func exampleField(typ btf.Type, path string) string {
	var names []string
	member(typ, 0, 0, "", &names)
	if len(names) == 0 {
		return path + ".FIELD"
	}
	return path + "." + names[0]
}

// mostElements is how many elements an array may have that is set as a whole.
const mostElements = 1 << 20

// encodeArray returns the bytes of an array, of which what has no value is 0, as in C.
func (v *Variables) encodeArray(t target, array *btf.Array, path string, value Value) ([]byte, error) {
	size, err := btf.Sizeof(array)
	if err != nil || size > mostElements {
		return nil, fmt.Errorf("%s is too large to be set as a whole: set its elements, as in %s[0]", path, path)
	}
	element := t
	element.set(array.Type)
	if !value.IsList {
		text, err := textOf(element.typ, value)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s is %s: %w, or one element, as in %s[0]", path, typeName(t.named), err, path)
		case len(text) >= size:
			return nil, fmt.Errorf("%s is %s, which holds text of up to %d bytes and a NUL, and %q has %d", path, typeName(t.named), max(size, 1)-1, text, len(text))
		case strings.Contains(text, "\x00"):
			return nil, fmt.Errorf("%s: %q has a NUL, which ends a text", path, text)
		}
		return append([]byte(text), make([]byte, size-len(text))...), nil
	}
	if len(value.List) > int(array.Nelems) {
		return nil, fmt.Errorf("%s is %s, and the list has %d values", path, typeName(t.named), len(value.List))
	}
	out := make([]byte, 0, size)
	for i, one := range value.List {
		text, err := v.encode(element, fmt.Sprintf("%s[%d]", path, i), one)
		if err != nil {
			return nil, err
		}
		out = append(out, text...)
	}
	return append(out, make([]byte, size-len(out))...), nil
}

// textOf returns a value as the text that an array holds.
func textOf(element btf.Type, value Value) (string, error) {
	char, ok := element.(*btf.Int)
	switch {
	case !ok || char.Size != 1 || char.Encoding == btf.Bool:
		return "", errors.New("it takes a list such as [1, 2, 3]")
	case !value.Quoted && char.Name != "char" && char.Encoding != btf.Char:
		return "", errors.New(`it takes text in double quotes, a list such as [1, 2, 3]`)
	}
	return value.Text, nil
}

// encodeNumber returns the bytes of a number, in the object's byte order.
func (v *Variables) encodeNumber(t target, path string, value Value, bits uint32, signed bool) ([]byte, error) {
	if bits != 8 && bits != 16 && bits != 32 && bits != 64 {
		return nil, fmt.Errorf("%s is %s of %d bits, and only numbers of 8, 16, 32 and 64 bits can be set", path, typeName(t.named), bits)
	}
	n, err := v.numberFor(t, path, value, bits, signed)
	if err != nil {
		return nil, err
	}
	switch bits {
	case 8:
		return []byte{byte(n)}, nil
	case 16:
		return v.order.AppendUint16(nil, uint16(n)), nil
	case 32:
		return v.order.AppendUint32(nil, uint32(n)), nil
	}
	return v.order.AppendUint64(nil, n), nil
}

// patchBits writes a bit field. Its bits are counted from the least significant one of each byte
// in a little-endian object, and from the most significant one in a big-endian one
// (Documentation/bpf/btf.rst).
func (v *Variables) patchBits(p *Patch, t target, path string, value Value) error {
	of, ok := t.typ.(*btf.Int)
	signed := ok && of.Encoding == btf.Signed
	if enum, isEnum := t.typ.(*btf.Enum); isEnum {
		ok, signed = true, enum.Signed
	}
	if !ok {
		return fmt.Errorf("%s is a bit field of %s, which cannot be set", path, typeName(t.named))
	}
	n, err := v.numberFor(t, path, value, t.bits, signed)
	if err != nil {
		return err
	}
	first := uint32(t.at % 8)
	size := (first + t.bits + 7) / 8
	p.Bytes, p.Mask = make([]byte, size), make([]byte, size)
	for i := range t.bits {
		at, bit := first+i, n>>i&1
		shift := at % 8
		if v.order == binary.AppendByteOrder(binary.BigEndian) {
			shift, bit = 7-at%8, n>>(t.bits-1-i)&1
		}
		p.Bytes[at/8] |= byte(bit) << shift
		p.Mask[at/8] |= 1 << shift
	}
	return nil
}

// numberFor returns a number that a type of some bits takes.
func (v *Variables) numberFor(t target, path string, value Value, bits uint32, signed bool) (uint64, error) {
	if value.IsList {
		return 0, fmt.Errorf("%s is %s, and no array", path, typeName(t.named))
	}
	enum, _ := t.typ.(*btf.Enum)
	of, _ := t.typ.(*btf.Int)
	boolean := of != nil && of.Encoding == btf.Bool
	n, err := number{}, error(nil)
	switch text := value.Text; {
	case boolean && (text == "true" || text == "false"):
		return map[string]uint64{"true": 1}[text], nil
	case of != nil && of.Size == 1 && of.Name == "char" && len(text) == 1 && (text[0] < '0' || text[0] > '9'):
		return uint64(text[0]), nil
	default:
		n, err = v.number(value, enum)
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s is %s, which takes %s: %w", path, typeName(t.named), takes(t.typ, bits, signed), err)
	case boolean && (n.negative || n.bits > 1), !n.fits(bits, signed):
		return 0, fmt.Errorf("%s is %s, which takes %s, and not %s", path, typeName(t.named), takes(t.typ, bits, signed), value.Text)
	}
	return n.bits, nil
}

// takes says which values a type takes.
func takes(typ btf.Type, bits uint32, signed bool) string {
	if of, ok := typ.(*btf.Int); ok && of.Encoding == btf.Bool {
		return "true or false"
	}
	least, most := "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10)
	if signed {
		least, most = strconv.FormatInt(math.MinInt64>>(64-bits), 10), strconv.FormatInt(math.MaxInt64>>(64-bits), 10)
	}
	if enum, ok := typ.(*btf.Enum); ok {
		return fmt.Sprintf("an enumerator%s, or %s to %s", enumeratorsOf(enum), least, most)
	}
	return least + " to " + most
}

// enumeratorsOf lists the enumerators of an enum, if they are few.
func enumeratorsOf(enum *btf.Enum) string {
	const few = 8
	names := names(enum)
	if len(names) > few {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

func names(enum *btf.Enum) (out []string) {
	for _, one := range enum.Values {
		out = append(out, one.Name)
	}
	return out
}

// number is a whole number of up to 64 bits.
type number struct {
	bits     uint64 // of two's complement
	negative bool
	decimal  bool // it was written as one; others may be patterns of bits
}

// fits reports whether a type of some bits takes the number. An unsigned one takes negative
// numbers as C converts them, -1 for all bits set, and a signed one patterns of bits such as
// 0xffffffff.
func (n number) fits(bits uint32, signed bool) bool {
	if bits == 0 || bits > 64 {
		return false
	}
	if n.negative {
		return int64(n.bits) >= math.MinInt64>>(64-bits)
	}
	most := uint64(math.MaxUint64) >> (64 - bits)
	if signed && n.decimal {
		most >>= 1
	}
	return n.bits <= most
}

// number reads a number, or the enumerator of an enum; of any enum of the object if it is nil.
func (v *Variables) number(value Value, enum *btf.Enum) (number, error) {
	text := value.Text
	if text == "" {
		return number{}, errors.New("there is no value")
	}
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return v.enumerator(text, enum)
	}
	if len(digits) < len(text) {
		n, err := strconv.ParseInt(text, 0, 64)
		return number{uint64(n), n < 0, true}, ofNumber(err, text)
	}
	n, err := strconv.ParseUint(digits, 0, 64)
	return number{n, false, digits[0] != '0' || digits == "0"}, ofNumber(err, text)
}

func ofNumber(err error, text string) error {
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%s has more than 64 bits", text)
	case err != nil:
		return fmt.Errorf("%s is no number: decimal, 0x… or 0…", text)
	}
	return nil
}

// enumerator returns the value of an enumerator.
func (v *Variables) enumerator(name string, enum *btf.Enum) (number, error) {
	found, all := v.enums[name], v.enumNames(enum)
	if enum != nil {
		found = nil
		for _, one := range enum.Values {
			if one.Name == name {
				found = []enumerator{{enum, one.Value}}
			}
		}
	}
	if len(found) == 0 {
		return number{}, fmt.Errorf("%s is no number, and no enumerator%s", strconv.Quote(name), near(name, all))
	}
	for _, other := range found[1:] {
		if other.value != found[0].value {
			return number{}, fmt.Errorf("%s is an enumerator of several enums, with different values", name)
		}
	}
	one := found[0]
	return number{one.value, one.of.Signed && int64(one.value) < 0, true}, nil
}

func (v *Variables) enumNames(enum *btf.Enum) []string {
	if enum != nil {
		return names(enum)
	}
	return slices.Sorted(maps.Keys(v.enums))
}
