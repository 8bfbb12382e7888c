package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"slices"
	"testing"
)

// anObject returns a small ELF file for eBPF: a function in .text, a static and a global one
// in sections of their own, and a map.
func anObject(order binary.ByteOrder) []byte {
	names := "\x00.text\x00xdp\x00.maps\x00.symtab\x00.strtab\x00helper\x00pass\x00local\x00counts\x00"
	at := func(name string) uint32 { return uint32(bytes.Index([]byte(names), []byte("\x00"+name+"\x00")) + 1) }
	symbol := func(name string, bind elf.SymBind, kind elf.SymType, section uint16, size uint64) elf.Sym64 {
		return elf.Sym64{Name: at(name), Info: elf.ST_INFO(bind, kind), Shndx: section, Size: size}
	}
	symbols := []elf.Sym64{{}, symbol("helper", elf.STB_GLOBAL, elf.STT_FUNC, 1, 16), symbol("local", elf.STB_LOCAL, elf.STT_FUNC, 2, 16),
		symbol("pass", elf.STB_GLOBAL, elf.STT_FUNC, 2, 24), symbol("counts", elf.STB_GLOBAL, elf.STT_OBJECT, 3, 32)}
	const header, section = 64, 64
	symbolsAt := uint64(header + 6*section)
	namesAt := symbolsAt + uint64(len(symbols)*elf.Sym64Size)
	code := uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR)
	sections := []elf.Section64{{},
		{Name: at(".text"), Type: uint32(elf.SHT_PROGBITS), Flags: code, Off: header},
		{Name: at("xdp"), Type: uint32(elf.SHT_PROGBITS), Flags: code, Off: header},
		{Name: at(".maps"), Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_WRITE), Off: header},
		{Name: at(".symtab"), Type: uint32(elf.SHT_SYMTAB), Off: symbolsAt, Size: namesAt - symbolsAt, Link: 5, Entsize: elf.Sym64Size},
		{Name: at(".strtab"), Type: uint32(elf.SHT_STRTAB), Off: namesAt, Size: uint64(len(names))}}
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}
	if order == binary.ByteOrder(binary.BigEndian) {
		ident[elf.EI_DATA] = byte(elf.ELFDATA2MSB)
	}
	var out bytes.Buffer
	binary.Write(&out, order, elf.Header64{Ident: ident, Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_BPF), Version: uint32(elf.EV_CURRENT),
		Shoff: header, Ehsize: header, Shentsize: section, Shnum: uint16(len(sections)), Shstrndx: 5})
	binary.Write(&out, order, sections)
	binary.Write(&out, order, symbols)
	out.WriteString(names)
	return out.Bytes()
}

func TestFunctionsAndMaps(t *testing.T) {
	text := anObject(binary.LittleEndian)
	for _, text := range [][]byte{text, anObject(binary.BigEndian)} {
		got, err := Functions(text)
		if want := []Function{{"pass", "xdp", 3}}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		if got := Maps(text); !slices.Equal(got, []string{"counts"}) {
			t.Errorf("maps %q", got)
		}
	}
	for name, text := range map[string][]byte{"nothing": nil, "cut": text[:100]} {
		if got, err := Functions(text); err == nil || Maps(text) != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestIsOfGo(t *testing.T) {
	text := anObject(binary.LittleEndian)
	for name, want := range map[string]bool{"prog.o": false, "counter_bpfel.o": true, "counter_x86_bpfel.o": true, "counter_bpfeb.o": true, "bpfel.o": false, "counter_bpfel": false} {
		if got := IsOfGo(name, text); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if !IsOfGo("tool", program) {
		t.Error("this test is no Go program")
	}
}

func FuzzFunctions(f *testing.F) {
	f.Add(anObject(binary.LittleEndian))
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Fuzz(func(t *testing.T, text []byte) {
		functions, err := Functions(text)
		if err != nil && functions != nil {
			t.Errorf("%+v, %v", functions, err)
		}
		Maps(text)
	})
}
