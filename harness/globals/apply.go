package globals

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// Apply returns an object with patches written, one after the other. The object must be the one
// that they were made for; what it was is not changed.
//
// A section without bytes in the object, as .bss, gets some when something else than zeros is
// written there. libbpf takes a section of that name for one without bytes, so it is then
// called .data.bss, as are its variables' section in the BTF.
func Apply(text []byte, patches []Patch) ([]byte, error) {
	out := bytes.Clone(text)
	for _, p := range patches {
		file, err := elf.NewFile(bytes.NewReader(out))
		if err != nil {
			return nil, err
		}
		if out, err = write(out, file, p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// write writes one patch into the object, which is its own to change.
func write(text []byte, file *elf.File, p Patch) ([]byte, error) {
	s := section(file, p.Section)
	if s != nil && s.Type == elf.SHT_NOBITS && isZero(p.Bytes) {
		return text, nil
	}
	if s != nil && s.Type == elf.SHT_NOBITS {
		var err error
		if text, err = giveBytes(text, file, p.Section); err != nil {
			return nil, err
		}
		if file, err = elf.NewFile(bytes.NewReader(text)); err != nil {
			return nil, err
		}
		s = section(file, p.Section)
	}
	if s == nil || p.Offset > s.FileSize || uint64(len(p.Bytes)) > s.FileSize-p.Offset || s.Offset > uint64(len(text)) || s.FileSize > uint64(len(text))-s.Offset {
		return nil, fmt.Errorf("section %s has no byte %d: the object is another one than that of the patch", p.Section, p.Offset)
	}
	into := text[s.Offset+p.Offset:][:len(p.Bytes)]
	for i, b := range p.Bytes {
		if p.Mask != nil {
			b = into[i]&^p.Mask[i] | b
		}
		into[i] = b
	}
	return text, nil
}

// section returns a section, which may have got bytes and with them another name.
func section(file *elf.File, name string) *elf.Section {
	if s := file.Section(name); s != nil {
		return s
	}
	return file.Section(data + name)
}

func isZero(text []byte) bool { return len(bytes.Trim(text, "\x00")) == 0 }

// Offsets in a section header, of elf.Section64, and the header's size.
const (
	headerName   = 0
	headerType   = 4
	headerOffset = 24
	headerLength = 32
	headerSize   = 64
)

// maker changes the sections of an object, and puts what becomes longer at its end.
type maker struct {
	text  []byte
	file  *elf.File
	order binary.ByteOrder
}

// giveBytes gives a section without bytes some, all of them 0, and the name that loaders take
// for one with bytes.
func giveBytes(text []byte, file *elf.File, name string) ([]byte, error) {
	m := maker{text, file, file.ByteOrder}
	number, names, types := -1, int(m.order.Uint16(text[62:])), -1
	for i, s := range file.Sections {
		switch s.Name {
		case name:
			number = i
		case ".BTF":
			types = i
		}
	}
	if number < 0 || types < 0 || names >= len(file.Sections) {
		return nil, fmt.Errorf("section %s: the object has no section of that name, or no BTF", name)
	}
	table, err := file.Sections[names].Data()
	if err != nil {
		return nil, err
	}
	s := file.Sections[number]
	m.replace(names, append(append(bytes.Clone(table), data+name...), 0))
	m.replace(number, make([]byte, s.Size))
	m.put32(number, headerName, uint32(len(table)))
	m.put32(number, headerType, uint32(elf.SHT_PROGBITS))
	btf, err := file.Sections[types].Data()
	if err != nil {
		return nil, err
	}
	if btf, err = rename(btf, m.order, name, data+name); err != nil {
		return nil, err
	}
	m.replace(types, btf)
	return m.text, nil
}

// replace puts other bytes for a section at the end of the object.
func (m *maker) replace(number int, content []byte) {
	m.text = append(m.text, make([]byte, -len(m.text)&7)...)
	m.put64(number, headerOffset, uint64(len(m.text)))
	m.put64(number, headerLength, uint64(len(content)))
	m.text = append(m.text, content...)
}

func (m *maker) header(number, field int) []byte {
	return m.text[m.order.Uint64(m.text[40:])+uint64(number)*headerSize+uint64(field):]
}

func (m *maker) put32(number, field int, value uint32) {
	m.order.PutUint32(m.header(number, field), value)
}
func (m *maker) put64(number, field int, value uint64) {
	m.order.PutUint64(m.header(number, field), value)
}

// Offsets in the header of BTF and in a type (include/uapi/linux/btf.h).
const (
	btfLength  = 4
	btfTypes   = 8
	btfStrings = 16
	btfHeader  = 24
	kindAt     = 4
)

// rename gives the sections of a name in BTF another one, which is put after the strings.
func rename(types []byte, order binary.ByteOrder, from, to string) ([]byte, error) {
	if len(types) < btfHeader {
		return nil, fmt.Errorf("the object's BTF is cut off")
	}
	length := uint64(order.Uint32(types[btfLength:]))
	begin, size := length+uint64(order.Uint32(types[btfStrings:])), uint64(order.Uint32(types[btfStrings+4:]))
	first, all := length+uint64(order.Uint32(types[btfTypes:])), uint64(order.Uint32(types[btfTypes+4:]))
	if begin+size > uint64(len(types)) || first+all > begin {
		return nil, fmt.Errorf("the strings of the object's BTF are not at its end")
	}
	names := types[begin:][:size]
	out := append(append(bytes.Clone(types[:begin+size]), to...), 0)
	order.PutUint32(out[btfStrings+4:], uint32(size)+uint32(len(to))+1)
	for at := first; at+12 <= first+all; {
		info := order.Uint32(out[at+kindAt:])
		name := order.Uint32(out[at:])
		if info>>24&0x1f == kindDatasec && uint64(name) < size && bytes.HasPrefix(names[name:], append([]byte(from), 0)) {
			order.PutUint32(out[at:], uint32(size))
		}
		at += 12 + moreOf(info)
	}
	return out, nil
}

const kindDatasec = 15

// moreOf returns how many bytes a type of BTF has after its first twelve.
func moreOf(info uint32) uint64 {
	members := uint64(info & 0xffff)
	switch info >> 24 & 0x1f {
	case 1, 14, 17: // INT, VAR, DECL_TAG
		return 4
	case 3: // ARRAY
		return 12
	case 4, 5, kindDatasec, 19: // STRUCT, UNION, ENUM64
		return 12 * members
	case 6, 13: // ENUM, FUNC_PROTO
		return 8 * members
	}
	return 0
}
