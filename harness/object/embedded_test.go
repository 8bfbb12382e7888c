package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"
)

// bpfHeader returns the beginning of an eBPF object with section headers up to size.
func bpfHeader(size uint64) []byte { return bpfHeaderOf(binary.LittleEndian, size) }

func bpfHeaderOf(order binary.ByteOrder, size uint64) []byte {
	data := elf.ELFDATA2LSB
	if order == binary.BigEndian {
		data = elf.ELFDATA2MSB
	}
	h := append(bytes.Clone(elf64), byte(data), byte(elf.EV_CURRENT))
	h = append(h, make([]byte, headerSize-len(h))...)
	order.PutUint16(h[machineAt:], uint16(elf.EM_BPF))
	order.PutUint64(h[sectionsAt:], size-64)
	order.PutUint16(h[sectionSizeAt:], 64)
	order.PutUint16(h[sectionNumAt:], 1)
	return append(h, make([]byte, size-uint64(len(h)))...)
}

func TestEmbedded(t *testing.T) {
	program := append([]byte("\x7fELF of the program itself "), bpfHeader(200)...)
	program = append(program, "between"...)
	program = append(program, bpfHeaderOf(binary.BigEndian, 128)...)
	program = append(program, bpfHeader(500)[:300]...) // cut off
	found := Embedded(program)
	if len(found) != 2 || len(found[0]) != 200 || len(found[1]) != 128 {
		t.Errorf("found %d objects", len(found))
	}
}

func FuzzEmbedded(f *testing.F) {
	f.Add(append([]byte("x"), bpfHeader(128)...))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, o := range Embedded(text) {
			if len(o) < headerSize {
				t.Errorf("an object of %d bytes", len(o))
			}
		}
	})
}
