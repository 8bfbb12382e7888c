package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// What an object may have at most. Readers of ELF allocate by what a file says of itself,
// which may be many times its size; these are far above what clang and libbpf write.
const (
	maxInstructions = 2 << 20   // in all sections; a kernel takes a million in one program
	maxSymbols      = 200_000   // of one table
	maxNames        = 64 << 20  // bytes of sections' and symbols' names together
	maxRelocations  = 1_000_000 // in all sections
	maxTypes        = 64 << 20  // bytes of BTF; a kernel takes 16 MiB
)

// section is a section header with its number.
type section struct {
	elf.Section64
	number int
}

// bounds adds up what an object has.
type bounds struct {
	text                                            []byte
	sections                                        []section
	names                                           section // the string table of the sections' names
	instructions, symbols, relocations, types, name uint64
}

// LimitError is an object that has more of something than bpflab reads, which says nothing
// of the object.
type LimitError struct {
	What     string // "symbols"
	Has, Max uint64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("it has %d %s, and bpflab reads objects of up to %d", e.Has, e.What, e.Max)
}

// Check returns an error if an object says of itself what it cannot be: its sections are
// not within the file. If there is too much of something, the error is a *LimitError. It
// uses no more memory than the headers of the sections take. What is no 64-bit
// ELF file is left to the reader.
func Check(text []byte) error {
	if len(text) < headerSize && bytes.HasPrefix(text, []byte(elf.ELFMAG)) {
		return fmt.Errorf("it is cut off: it has %d bytes, and an ELF header alone has %d", len(text), headerSize)
	}
	if !isELF64(text) {
		return nil
	}
	var header elf.Header64
	if err := binary.Read(bytes.NewReader(text[:headerSize]), orderOf(text), &header); err != nil {
		return err
	}
	b := bounds{text: text}
	if err := b.readSections(header); err != nil {
		return err
	}
	for _, s := range b.sections {
		if err := b.add(s); err != nil {
			return fmt.Errorf("section %d: %w", s.number, err)
		}
	}
	return b.check()
}

// readSections reads the section headers.
func (b *bounds) readSections(h elf.Header64) error {
	size := uint64(h.Shnum) * headerSize
	switch {
	case h.Shoff == 0 && h.Shnum == 0:
		return nil // the reader says that it has no sections
	case h.Shnum == 0:
		return fmt.Errorf("it has more than %d sections", elf.SHN_LORESERVE-1)
	case int(h.Shentsize) != headerSize:
		return fmt.Errorf("its section headers have %d bytes, and not %d", h.Shentsize, headerSize)
	case h.Shoff > uint64(len(b.text)) || size > uint64(len(b.text))-h.Shoff:
		return fmt.Errorf("it is cut off: it has %d bytes, and its header says %d", len(b.text), h.Shoff+size)
	}
	all := make([]elf.Section64, h.Shnum)
	if err := binary.Read(bytes.NewReader(b.text[h.Shoff:][:size]), orderOf(b.text), all); err != nil {
		return err
	}
	for i, one := range all {
		b.sections = append(b.sections, section{one, i})
	}
	if int(h.Shstrndx) < len(all) {
		b.names = b.sections[h.Shstrndx]
	}
	return nil
}

// add adds what a section has.
func (b *bounds) add(s section) error {
	kind, flags := elf.SectionType(s.Type), elf.SectionFlag(s.Flags)
	name := b.read(b.names, s.Name)
	b.name += uint64(len(name))
	if kind == elf.SHT_NULL || kind == elf.SHT_NOBITS {
		return nil
	}
	if s.Off > uint64(len(b.text)) || s.Size > uint64(len(b.text))-s.Off {
		return fmt.Errorf("it has %d bytes from byte %d on, and the file only %d in all", s.Size, s.Off, len(b.text))
	}
	if flags&elf.SHF_COMPRESSED != 0 {
		return fmt.Errorf("it is compressed, which no loader of eBPF reads")
	}
	switch {
	case flags&elf.SHF_EXECINSTR != 0:
		b.instructions += s.Size / insnSize
	case kind == elf.SHT_REL || kind == elf.SHT_RELA:
		b.relocations += s.Size / relocationSize
	case kind == elf.SHT_SYMTAB:
		b.addSymbols(s)
	case bytes.HasPrefix(name, []byte(".BTF")):
		b.types += s.Size
	}
	return nil
}

// relocationSize is the size of elf.Rel64, in bytes.
const relocationSize = 16

// addSymbols adds the symbols of a table and the lengths of their names.
func (b *bounds) addSymbols(s section) {
	n, order := s.Size/elf.Sym64Size, orderOf(b.text)
	b.symbols = max(b.symbols, n)
	if n > maxSymbols || int64(s.Link) >= int64(len(b.sections)) {
		return
	}
	for at := s.Off; at+elf.Sym64Size <= s.Off+s.Size; at += elf.Sym64Size {
		b.name += uint64(len(b.read(b.sections[s.Link], order.Uint32(b.text[at:]))))
	}
}

// read returns the string at an offset of a string table; nothing once there are too many
// names.
func (b *bounds) read(table section, at uint32) []byte {
	if b.name > maxNames || elf.SectionType(table.Type) == elf.SHT_NOBITS || table.Off > uint64(len(b.text)) || table.Size > uint64(len(b.text))-table.Off || uint64(at) >= table.Size {
		return nil
	}
	text := b.text[table.Off:][:table.Size][at:]
	if end := bytes.IndexByte(text, 0); end >= 0 {
		return text[:end]
	}
	return text
}

// check compares the sums with what an object may have.
func (b *bounds) check() error {
	for _, one := range []struct {
		what     string
		has, max uint64
	}{
		{"instructions", b.instructions, maxInstructions},
		{"symbols", b.symbols, maxSymbols},
		{"relocations", b.relocations, maxRelocations},
		{"bytes of names", b.name, maxNames},
		{"bytes of BTF", b.types, maxTypes},
	} {
		if one.has > one.max {
			return &LimitError{one.what, one.has, one.max}
		}
	}
	return nil
}
