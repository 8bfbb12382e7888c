package globals

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/object"
	"github.com/bpflab/bpflab/vms/suggest"
)

// Variables are the global variables of one object, by its BTF.
type Variables struct {
	order    binary.AppendByteOrder
	found    map[string][]variable
	enums    map[string][]enumerator // by the enumerators' names
	sections map[string]uint64       // sizes of the sections that have variables
	external map[string]string       // sections of variables whose values are not the object's, by variable
}

// variable is one that has bytes of its own.
type variable struct {
	section string
	offset  uint32
	typ     btf.Type // of the variable, with its qualifiers
}

// enumerator is one of some enum.
type enumerator struct {
	of    *btf.Enum
	value uint64
}

// ErrNoTypes is the error of an object without BTF, by which variables are found.
var ErrNoTypes = errors.New("it has no BTF, which says where variables are: compile it with clang -g")

// Read finds the global variables of an object. An object without BTF is ErrNoTypes.
func Read(text []byte) (*Variables, error) {
	if err := object.Check(text); err != nil {
		return nil, err
	}
	file, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if file.Section(".BTF") == nil {
		return nil, ErrNoTypes
	}
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read its BTF: %w", err)
	}
	v := &Variables{order: orderOf(file), found: map[string][]variable{}, enums: map[string][]enumerator{}, sections: map[string]uint64{}, external: map[string]string{}}
	for _, s := range file.Sections {
		v.sections[s.Name] = s.Size
	}
	for typ, err := range spec.All() {
		if err != nil {
			return nil, fmt.Errorf("read its BTF: %w", err)
		}
		v.add(typ)
	}
	return v, nil
}

func orderOf(file *elf.File) binary.AppendByteOrder {
	if file.Data == elf.ELFDATA2MSB {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// add takes the variables of a section of data, and the enumerators of an enum.
func (v *Variables) add(typ btf.Type) {
	switch typ := typ.(type) {
	case *btf.Enum:
		for _, one := range typ.Values {
			v.enums[one.Name] = append(v.enums[one.Name], enumerator{typ, one.Value})
		}
	case *btf.Datasec:
		for _, info := range typ.Vars {
			one, ok := info.Type.(*btf.Var)
			switch {
			case !ok:
			case !isData(typ.Name):
				v.external[one.Name] = typ.Name
			default:
				v.found[one.Name] = append(v.found[one.Name], variable{typ.Name, info.Offset, one.Type})
			}
		}
	}
}

// isData reports whether a section holds variables that a loader may set before it loads the
// object.
func isData(section string) bool {
	for _, kind := range []string{constants, data, zeroed} {
		if section == kind || strings.HasPrefix(section, kind+".") {
			return true
		}
	}
	return false
}

// Kinds of sections with variables; others begin like these, with a dot after it.
const (
	constants = ".rodata" // frozen before a program is loaded, so that the verifier knows the values
	data      = ".data"
	zeroed    = ".bss" // without bytes in the object
)

// Names returns the names of the variables, sorted.
func (v *Variables) Names() []string {
	names := make([]string, 0, len(v.found))
	for name := range v.found {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Has reports whether the object has a variable of the name.
func (v *Variables) Has(name string) bool { return len(v.found[name]) > 0 }

// find returns the variable of a name.
func (v *Variables) find(name string) (variable, error) {
	switch found := v.found[name]; {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return variable{}, fmt.Errorf("%d static variables have the name %s, and nothing says which one is meant", len(found), name)
	}
	if section, ok := v.external[name]; ok {
		return variable{}, fmt.Errorf("%s is in %s, and not in .rodata, .data or .bss: its value is not the object's", name, section)
	}
	return variable{}, fmt.Errorf("there is no global variable %s%s", name, near(name, v.Names()))
}

// Why returns why the object has no variable of a name that a value can be given to.
func (v *Variables) Why(name string) error {
	_, err := v.find(name)
	return err
}

// near returns a hint that names the nearest of some names, or all of a few.
func near(name string, names []string) string {
	const few = 12
	if found := suggest.Spelling(name, names); found != "" {
		return "; did you mean " + found + "?"
	}
	if len(names) > 0 && len(names) <= few {
		return "; there is " + strings.Join(names, ", ")
	}
	return ""
}

// target is what an assignment is for: a type at a place of a section.
type target struct {
	typ      btf.Type // without qualifiers and typedefs
	named    btf.Type // with its typedef
	bits     uint32   // of a bit field, else 0
	at       uint64   // in bits from the section's begin
	volatile bool
	symbol   variable
}

// resolve finds what a path leads to.
func (v *Variables) resolve(p Path) (t target, err error) {
	if t.symbol, err = v.find(p.Name); err != nil {
		return t, err
	}
	t.at = uint64(t.symbol.offset) * 8
	t.set(t.symbol.typ)
	for i, step := range p.Steps {
		if step.Index != "" {
			err = v.index(&t, p.to(i), step.Index)
		} else {
			err = field(&t, p.to(i), step.Field)
		}
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// set sets the type, of which qualifiers say how the program reads it.
func (t *target) set(typ btf.Type) {
	for t.named = typ; ; {
		switch q := t.named.(type) {
		case *btf.Const:
			t.named = q.Type
		case *btf.Volatile:
			t.volatile, t.named = true, q.Type
		case *btf.Restrict:
			t.named = q.Type
		case *btf.TypeTag:
			t.named = q.Type
		default:
			t.typ = plain(t.named, &t.volatile)
			return
		}
	}
}

// plain returns a type without typedefs and qualifiers, and notes whether one is volatile.
func plain(typ btf.Type, volatile *bool) btf.Type {
	for {
		switch q := typ.(type) {
		case *btf.Const:
			typ = q.Type
		case *btf.Volatile:
			*volatile, typ = true, q.Type
		case *btf.Restrict:
			typ = q.Type
		case *btf.TypeTag:
			typ = q.Type
		case *btf.Typedef:
			typ = q.Type
		default:
			return typ
		}
	}
}

// index goes to an element of an array.
func (v *Variables) index(t *target, path, index string) error {
	array, ok := t.typ.(*btf.Array)
	if !ok {
		return fmt.Errorf("%s is %s, which has no elements", path, typeName(t.named))
	}
	n, err := v.number(Value{Text: index}, nil)
	if err != nil {
		return fmt.Errorf("%s[%s]: the index is no number and no enumerator: %w", path, index, err)
	}
	if n.negative || n.bits >= uint64(array.Nelems) {
		return fmt.Errorf("%s has %d elements, so an index is 0 to %d, and not %s", path, array.Nelems, max(array.Nelems, 1)-1, index)
	}
	size, err := btf.Sizeof(array.Type)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	t.at += n.bits * uint64(size) * 8
	t.set(array.Type)
	return nil
}

// field goes to a field of a struct or union, or of one without a name in it.
func field(t *target, path, name string) error {
	var names []string
	found := member(t.typ, 0, 0, name, &names)
	switch {
	case found != nil:
		t.at += found.at
		t.bits = found.bits
		t.set(found.named)
		return nil
	case len(names) == 0:
		return fmt.Errorf("%s is %s, which has no fields", path, typeName(t.named))
	}
	return fmt.Errorf("%s is %s, which has no field %s%s", path, typeName(t.named), name, near(name, names))
}

// deepestMember is how many structs without a name may be in each other.
const deepestMember = 16

// member finds a field, with its place in bits, and collects the names of those that there are.
func member(typ btf.Type, at uint64, depth int, name string, names *[]string) *target {
	var members []btf.Member
	switch s := typ.(type) {
	case *btf.Struct:
		members = s.Members
	case *btf.Union:
		members = s.Members
	}
	for _, m := range members {
		place := at + uint64(m.Offset)
		if m.Name == "" && depth < deepestMember {
			var unused bool
			if found := member(plain(m.Type, &unused), place, depth+1, name, names); found != nil {
				return found
			}
			continue
		}
		if m.Name == name {
			return &target{at: place, bits: uint32(m.BitfieldSize), named: m.Type}
		}
		*names = append(*names, m.Name)
	}
	return nil
}

// typeName returns a type as C has it.
func typeName(typ btf.Type) string {
	switch t := typ.(type) {
	case *btf.Struct:
		return strings.TrimSpace("a struct " + t.Name)
	case *btf.Union:
		return strings.TrimSpace("a union " + t.Name)
	case *btf.Enum:
		return strings.TrimSpace("an enum " + t.Name)
	case *btf.Array:
		return fmt.Sprintf("an array of %d (%s)", t.Nelems, strings.TrimPrefix(strings.TrimPrefix(typeName(t.Type), "an "), "a "))
	case *btf.Pointer:
		return "a pointer"
	case *btf.Const:
		return typeName(t.Type)
	case *btf.Volatile:
		return typeName(t.Type)
	case *btf.Int, *btf.Float, *btf.Typedef:
		return "a " + t.TypeName()
	}
	return fmt.Sprintf("a %T", typ)
}
