package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// reducer takes from an object what one of its functions does not use.
type reducer struct {
	text    []byte // a copy, which is changed
	file    *elf.File
	order   binary.ByteOrder
	headers uint64 // offset of the section headers
	symbols []elf.Symbol
	used    map[elf.SectionIndex]bool // sections that the function refers to
	needed  map[string]bool           // maps, and what is outside the object, that it refers to
	values  map[string][]elf.Symbol   // what the values of each map name; nil until a map is needed
}

// Alone returns an object with one of its functions and what it refers to, so that what
// cilium/ebpf does not read of the others and of their maps does not cost this one. The other
// functions of its section are emptied, the other maps forgotten, and the other sections
// hidden. The object must have passed Check.
func Alone(text []byte, function string) ([]byte, error) {
	file, symbols, err := symbolsOf(text)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(symbols, func(s elf.Symbol) bool {
		return s.Name == function && elf.ST_TYPE(s.Info) == elf.STT_FUNC && sectionOf(file, s) != nil
	})
	if at < 0 {
		return nil, fmt.Errorf("no function %s", function)
	}
	r := &reducer{text: bytes.Clone(text), file: file, order: orderOf(text), headers: orderOf(text).Uint64(text[sectionsAt:]), symbols: symbols, used: map[elf.SectionIndex]bool{}, needed: map[string]bool{}}
	if err := r.keep(symbols[at]); err != nil {
		return nil, err
	}
	r.forgetMaps()
	for i, s := range file.Sections {
		if !r.used[elf.SectionIndex(i)] && isHidden(s) {
			r.hide(i)
		}
	}
	if s := file.Section(".BTF"); s != nil {
		forget(r.text[s.Offset:][:s.Size], r.needed)
	}
	return r.text, nil
}

// isHidden reports whether a section that is not used is better not read.
func isHidden(s *elf.Section) bool {
	if s.Type != elf.SHT_PROGBITS && s.Type != elf.SHT_NOBITS || s.Flags&elf.SHF_ALLOC == 0 {
		return false
	}
	return !strings.HasPrefix(s.Name, "license") && !strings.HasPrefix(s.Name, "version")
}

// keep marks what a function refers to, and takes the relocations and instructions of the
// other functions from its section, unless it may call them.
func (r *reducer) keep(f elf.Symbol) error {
	whole := elf.Symbol{Section: f.Section, Size: r.file.Sections[f.Section].Size}
	if !r.calls(f) {
		if err := r.empty(f); err != nil {
			return err
		}
		whole = f
	}
	r.used[f.Section] = true
	return r.follow(whole)
}

// follow marks the sections that a part of a section refers to, and those that they do.
func (r *reducer) follow(part elf.Symbol) error {
	rel := r.relocations(part.Section)
	if rel == nil {
		return nil
	}
	var needs []uint32
	r.keepRelocations(rel, func(offset uint64, symbol uint32) bool {
		if offset < part.Value || offset-part.Value >= part.Size {
			return false
		}
		needs = append(needs, symbol)
		return true
	})
	for _, symbol := range needs {
		if symbol == 0 || int(symbol) > len(r.symbols) {
			return fmt.Errorf("relocation of an unknown symbol %d", symbol)
		}
		if err := r.need(r.symbols[symbol-1]); err != nil {
			return err
		}
	}
	return nil
}

// need marks what a relocation refers to.
func (r *reducer) need(target elf.Symbol) error {
	section := sectionOf(r.file, target)
	switch {
	case section == nil:
		if target.Section == elf.SHN_UNDEF {
			r.needed[target.Name] = true
		}
	case section.Name == mapsSection:
		return r.needMap(target)
	case !r.used[target.Section]:
		r.used[target.Section] = true
		return r.follow(elf.Symbol{Section: target.Section, Size: section.Size})
	}
	return nil
}

// relocations returns the section with the relocations of another one, nil if it has none.
func (r *reducer) relocations(of elf.SectionIndex) *elf.Section {
	for _, s := range r.file.Sections {
		if s.Type == elf.SHT_REL && elf.SectionIndex(s.Info) == of {
			return s
		}
	}
	return nil
}

func (r *reducer) number(s *elf.Section) int { return slices.Index(r.file.Sections, s) }

// Instructions.
const (
	call       = 0x85 // of another function if its source register is 1
	toFunction = 0x10 // that register, in the upper half of its byte

	toFunctionBig = 0x01 // the same of big-endian instructions, in the lower half
	clearR0       = 0xb7
	exit          = 0x95
)

// calls reports whether a function calls another one of its object, which may be one of its
// own section.
func (r *reducer) calls(f elf.Symbol) bool {
	code, source := r.code(f), byte(toFunction)
	if r.order == binary.BigEndian {
		source = toFunctionBig
	}
	for at := 0; at+insnSize <= len(code); at += insnSize {
		if code[at] == call && code[at+1] == source {
			return true
		}
	}
	return false
}

// code returns the instructions of a function, which can be changed.
func (r *reducer) code(f elf.Symbol) []byte {
	s := r.file.Sections[f.Section]
	if s.Type == elf.SHT_NOBITS || f.Value > s.Size || f.Size > s.Size-f.Value {
		return nil
	}
	return r.text[s.Offset+f.Value:][:f.Size]
}

// empty has all functions of a section but one do nothing.
func (r *reducer) empty(but elf.Symbol) error {
	for _, s := range r.symbols {
		if s.Section != but.Section || elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Value == but.Value {
			continue
		}
		code := r.code(s)
		if len(code) < insnSize || s.Value%insnSize != 0 || s.Size%insnSize != 0 || s.Value < but.Value+but.Size && but.Value < s.Value+s.Size {
			return fmt.Errorf("function %s is not beside %s", s.Name, but.Name)
		}
		for i := range code {
			code[i] = 0
		}
		for at := 0; at < len(code); at += insnSize {
			code[at] = clearR0
		}
		code[len(code)-insnSize] = exit
	}
	return nil
}

// Offsets in a section header, of elf.Section64.
const (
	sectionName = 0
	sectionType = 4
	sectionSize = 32
)

// hide has a section be none: without a name or a type.
func (r *reducer) hide(number int) {
	at := r.headers + uint64(number)*headerSize
	r.order.PutUint32(r.text[at+sectionName:], 0)
	r.order.PutUint32(r.text[at+sectionType:], uint32(elf.SHT_NULL))
}

func (r *reducer) put(number, field int, value uint64) {
	r.order.PutUint64(r.text[r.headers+uint64(number)*headerSize+uint64(field):], value)
}
