package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Function is a program of an object as its symbol table has it.
type Function struct {
	Name, Section string
	Insns         int
}

// insnSize is the size of an eBPF instruction, in bytes.
const insnSize = 8

// Functions returns the programs of an object from its symbol table alone, sorted by their
// names: functions in sections of their own, which .text is not. It also reads objects that
// have something which Read does not know.
func Functions(text []byte) (out []Function, err error) {
	f, symbols, err := symbolsOf(text)
	if err != nil {
		return nil, err
	}
	for _, s := range symbols {
		section := sectionOf(f, s)
		if section == nil || elf.ST_TYPE(s.Info) != elf.STT_FUNC || elf.ST_BIND(s.Info) == elf.STB_LOCAL ||
			section.Flags&elf.SHF_EXECINSTR == 0 || section.Name == ".text" {
			continue
		}
		out = append(out, Function{s.Name, section.Name, int(s.Size / insnSize)})
	}
	slices.SortFunc(out, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Maps returns the names of the maps that an object declares, from its symbol table alone.
func Maps(text []byte) (out []string) {
	f, symbols, err := symbolsOf(text)
	if err != nil {
		return nil
	}
	for _, s := range symbols {
		if section := sectionOf(f, s); section != nil && (section.Name == ".maps" || section.Name == "maps") && elf.ST_TYPE(s.Info) == elf.STT_OBJECT {
			out = append(out, s.Name)
		}
	}
	return out
}

// symbolsOf reads the symbols of an eBPF object.
func symbolsOf(text []byte) (*elf.File, []elf.Symbol, error) {
	f, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return nil, nil, err
	}
	if f.Machine != elf.EM_BPF || f.Class != elf.ELFCLASS64 {
		return nil, nil, fmt.Errorf("no eBPF object: %s, %s", f.Machine, f.Class)
	}
	symbols, err := f.Symbols()
	return f, symbols, err
}

func sectionOf(f *elf.File, s elf.Symbol) *elf.Section {
	if int(s.Section) >= len(f.Sections) || s.Section == elf.SHN_UNDEF {
		return nil
	}
	return f.Sections[s.Section]
}

// IsBigEndian reports whether text begins as a big-endian ELF file for eBPF does.
func IsBigEndian(text []byte) bool {
	if len(text) < headerSize || elf.Data(text[elf.EI_DATA]) != elf.ELFDATA2MSB {
		return false
	}
	machine := elf.Machine(binary.BigEndian.Uint16(text[machineAt:]))
	return machine == elf.EM_BPF || machine == elf.EM_NONE // which old clangs wrote
}

// IsOfGo reports whether an object is for cilium/ebpf: bpf2go gave its file the name, or
// it was found in the Go program that text is.
func IsOfGo(name string, text []byte) bool {
	base := strings.TrimSuffix(name, ".o")
	if base != name && (strings.HasSuffix(base, "_bpfel") || strings.HasSuffix(base, "_bpfeb")) {
		return true
	}
	f, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return false
	}
	for _, section := range []string{".go.buildinfo", ".gopclntab", ".note.go.buildid"} {
		if f.Section(section) != nil {
			return true
		}
	}
	return false
}
