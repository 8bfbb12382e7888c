package build

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// object returns a minimal ELF file: a header, a string table and its section
// headers, changed by the test.
func object(change func(*elf.Header64)) []byte {
	names := []byte("\x00.shstrtab\x00")
	header := elf.Header64{
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_BPF), Version: 1,
		Shoff: 64 + uint64(len(names)), Ehsize: 64, Shentsize: 64, Shnum: 2, Shstrndx: 1,
	}
	copy(header.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	change(&header)
	var out bytes.Buffer
	for _, part := range []any{header, names, elf.Section64{}, elf.Section64{
		Name: 1, Type: uint32(elf.SHT_STRTAB), Off: 64, Size: uint64(len(names)), Addralign: 1,
	}} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			panic(err)
		}
	}
	return out.Bytes()
}

func TestCheck(t *testing.T) {
	same := func(*elf.Header64) {}
	whole := object(same)
	tests := []struct {
		name    string
		content []byte
		want    string // "" means accepted
	}{
		{"an object", whole, ""},
		{"empty", nil, "is empty"},
		{"text", []byte("root:x:0:0:root:/root:/bin/bash\n"), "not an ELF"},
		{"magic alone", []byte(elf.ELFMAG), "cut off within the ELF header"},
		{"header cut off", whole[:40], "cut off"},
		{"sections cut off", whole[:len(whole)-70], "cut off"},
		{"32-bit", object(func(h *elf.Header64) { h.Ident[elf.EI_CLASS] = 1 }), "not 64-bit"},
		{"big-endian", object(func(h *elf.Header64) { h.Ident[elf.EI_DATA] = 2 }), "big-endian"},
		{"other machine", object(func(h *elf.Header64) { h.Machine = uint16(elf.EM_X86_64) }), "EM_X86_64"},
		{"executable", object(func(h *elf.Header64) { h.Type = uint16(elf.ET_EXEC) }), "ET_EXEC"},
		{"no sections", object(func(h *elf.Header64) { h.Shnum, h.Shoff, h.Shstrndx = 0, 0, 0 }), "no sections"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.o")
			writeFile(t, path, string(tt.content))
			err := Check(path)
			if tt.want == "" {
				if err != nil {
					t.Errorf("Check: %v", err)
				}
				return
			}
			var bad *ObjectError
			if !errors.As(err, &bad) || bad.Name != path || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check: %v, want an *ObjectError for %s with %q", err, path, tt.want)
			}
		})
	}
}

func TestCheckNoFile(t *testing.T) {
	if err := Check(filepath.Join(t.TempDir(), "none.o")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Check of no file: %v", err)
	}
	if bad := (*ObjectError)(nil); !errors.As(Check(t.TempDir()), &bad) {
		t.Error("Check of a directory: no *ObjectError")
	}
}

// Every prefix of a real object is refused, and none makes the parser panic.
func TestCheckTruncated(t *testing.T) {
	needClang(t)
	whole := mustBuild(t, New(Options{}), example()).Bytes
	for n := range whole {
		if err := check("x.o", bytes.NewReader(whole[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", n, len(whole))
		}
	}
}
