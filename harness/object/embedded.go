package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// Offsets in a 64-bit ELF header, of elf.Header64.
const (
	machineAt     = 18
	sectionsAt    = 40
	sectionSizeAt = 58
	sectionNumAt  = 60
	headerSize    = 64
)

// elf64 begins every 64-bit ELF file. The order of its bytes follows, and its version, 1.
var elf64 = []byte(elf.ELFMAG + "\x02")

// isELF64 reports whether text begins as a 64-bit ELF file of either byte order does.
func isELF64(text []byte) bool {
	return len(text) > elf.EI_VERSION && bytes.HasPrefix(text, elf64) && text[elf.EI_VERSION] == byte(elf.EV_CURRENT) &&
		(text[elf.EI_DATA] == byte(elf.ELFDATA2LSB) || text[elf.EI_DATA] == byte(elf.ELFDATA2MSB))
}

// orderOf returns the byte order of an ELF file.
func orderOf(text []byte) binary.ByteOrder {
	if len(text) > elf.EI_DATA && text[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// Embedded returns the eBPF objects that are data of another file: of a program with a
// libbpf skeleton, or with what bpf2go made.
func Embedded(text []byte) [][]byte {
	var out [][]byte
	for at := 1; at < len(text); {
		next := bytes.Index(text[at:], elf64)
		if next < 0 {
			break
		}
		at += next
		if size := objectSize(text[at:]); size > 0 {
			out = append(out, text[at:at+size])
			at += size
			continue
		}
		at++
	}
	return out
}

// objectSize returns how long the eBPF object is that text begins with: to the end of its
// section headers, which clang and libbpf write last. 0 if it begins with none.
func objectSize(text []byte) int {
	order := orderOf(text)
	if len(text) < headerSize || !isELF64(text) || order.Uint16(text[machineAt:]) != uint16(elf.EM_BPF) {
		return 0
	}
	sections := order.Uint64(text[sectionsAt:])
	table := uint64(order.Uint16(text[sectionSizeAt:])) * uint64(order.Uint16(text[sectionNumAt:]))
	end := sections + table
	if sections < headerSize || table == 0 || end < sections || end > uint64(len(text)) {
		return 0
	}
	return int(end)
}
