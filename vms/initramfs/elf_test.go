package initramfs

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// program returns a small ELF program; with interp, one that needs a loader.
func program(interp bool) []byte {
	var out bytes.Buffer
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64}
	ident(&header)
	kind := elf.PT_LOAD
	if interp {
		kind = elf.PT_INTERP
	}
	binary.Write(&out, binary.LittleEndian, header)
	binary.Write(&out, binary.LittleEndian, elf.Prog64{Type: uint32(kind), Off: 64})
	return out.Bytes()
}

func ident(h *elf.Header64) {
	copy(h.Ident[:], []byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1})
}

// module returns a small kernel module: an ELF object with this text in .modinfo,
// or without that section if the text is "".
func module(modinfo string) []byte {
	const names = "\x00.modinfo\x00.shstrtab\x00"
	header := elf.Header64{Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64), Version: 1,
		Ehsize: 64, Shentsize: 64, Shnum: 3, Shstrndx: 2, Shoff: 64}
	ident(&header)
	at := uint64(64 + 3*64)
	sections := []elf.Section64{
		{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: at, Size: uint64(len(modinfo))},
		{Name: 10, Type: uint32(elf.SHT_STRTAB), Off: at + uint64(len(modinfo)), Size: uint64(len(names))},
	}
	if modinfo == "" {
		sections[1].Name = 0
	}
	var out bytes.Buffer
	binary.Write(&out, binary.LittleEndian, header)
	binary.Write(&out, binary.LittleEndian, sections)
	out.WriteString(modinfo + names)
	return out.Bytes()
}

// write puts a file where it belongs, packed as its name says.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, packed(t, filepath.Ext(name), data), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func packed(t *testing.T, ending string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch ending {
	case ".gz":
		w = gzip.NewWriter(&out)
	case ".xz":
		w, err = xz.NewWriter(&out)
	case ".zst":
		w, err = zstd.NewWriter(&out)
	default:
		return data
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
