package object

import (
	"bytes"
	"debug/elf"
)

// withoutWeakMaps returns the object with its weak maps made global: libbpf's usdt.bpf.h defines such, cilium/ebpf
// does not read them, and in an object that is linked it is the same.
func withoutWeakMaps(text []byte) []byte {
	f, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return text // the next reader reports it
	}
	table := f.SectionByType(elf.SHT_SYMTAB)
	symbols, err := f.Symbols()
	if err != nil || table == nil {
		return text
	}
	var out []byte
	for i, s := range symbols {
		if elf.ST_BIND(s.Info) != elf.STB_WEAK || int(s.Section) >= len(f.Sections) || f.Sections[s.Section].Name != ".maps" {
			continue
		}
		if out == nil {
			out = bytes.Clone(text)
		}
		info := table.Offset + uint64(i+1)*elf.Sym64Size + symbolInfoAt
		if info < uint64(len(out)) {
			out[info] = elf.ST_INFO(elf.STB_GLOBAL, elf.ST_TYPE(s.Info))
		}
	}
	if out == nil {
		return text
	}
	return out
}

// symbolInfoAt is the offset of st_info in elf.Sym64.
const symbolInfoAt = 4
