package object

import (
	"cmp"
	"debug/elf"
	"slices"
)

// mapsSection is the section with the maps of an object.
const mapsSection = ".maps"

// needMap marks a map, and the maps and functions that its values name. A symbol without a
// name is that of the section, and stands for all maps.
func (r *reducer) needMap(m elf.Symbol) error {
	if r.values == nil {
		r.values = r.valuesOf(m.Section)
	}
	r.used[m.Section] = true
	wanted := []string{m.Name}
	if m.Name == "" {
		wanted = nil
		for _, s := range r.mapsOf(m.Section) {
			wanted = append(wanted, s.Name)
		}
	}
	for _, name := range wanted {
		if r.needed[name] {
			continue
		}
		r.needed[name] = true
		for _, value := range r.values[name] {
			if err := r.need(value); err != nil {
				return err
			}
		}
	}
	return nil
}

// mapsOf returns the symbols of the maps of a section, in the order of their places.
func (r *reducer) mapsOf(section elf.SectionIndex) (maps []elf.Symbol) {
	for _, s := range r.symbols {
		if s.Section == section && s.Name != "" && isObject(s) {
			maps = append(maps, s)
		}
	}
	slices.SortFunc(maps, func(a, b elf.Symbol) int { return cmp.Compare(a.Value, b.Value) })
	return maps
}

func isObject(s elf.Symbol) bool {
	t := elf.ST_TYPE(s.Info)
	return t == elf.STT_OBJECT || t == elf.STT_NOTYPE
}

// valuesOf returns what the values of each map of a section name: other maps, programs.
func (r *reducer) valuesOf(section elf.SectionIndex) map[string][]elf.Symbol {
	values, maps, rel := map[string][]elf.Symbol{}, r.mapsOf(section), r.relocations(section)
	if rel == nil {
		return values
	}
	for at := uint64(0); at+relocationSize <= rel.Size; at += relocationSize {
		offset, symbol := r.relocationAt(r.text[rel.Offset+at:])
		if of := mapAt(maps, offset); of != "" && symbol > 0 && int(symbol) <= len(r.symbols) {
			values[of] = append(values[of], r.symbols[symbol-1])
		}
	}
	return values
}

// mapAt returns the name of the map at an offset of its section, "" if there is none.
func mapAt(maps []elf.Symbol, offset uint64) string {
	after, _ := slices.BinarySearchFunc(maps, offset, func(m elf.Symbol, offset uint64) int {
		if m.Value <= offset {
			return -1
		}
		return 1
	})
	if after == 0 || offset-maps[after-1].Value >= maps[after-1].Size {
		return ""
	}
	return maps[after-1].Name
}

// relocationAt returns the place of a relocation, of elf.Rel64, and its symbol's number.
func (r *reducer) relocationAt(entry []byte) (offset uint64, symbol uint32) {
	return r.order.Uint64(entry), uint32(r.order.Uint64(entry[8:]) >> 32)
}

// forgetMaps takes the symbols of the maps that are not needed from their section, and what
// their values name.
func (r *reducer) forgetMaps() {
	at := slices.IndexFunc(r.file.Sections, func(s *elf.Section) bool { return s.Name == mapsSection })
	table := r.file.SectionByType(elf.SHT_SYMTAB)
	if at < 0 || table == nil || !r.used[elf.SectionIndex(at)] {
		return
	}
	section := elf.SectionIndex(at)
	maps := r.mapsOf(section)
	for i, s := range r.symbols {
		if s.Section == section && s.Name != "" && isObject(s) && !r.needed[s.Name] {
			if at := table.Offset + uint64(i+1)*elf.Sym64Size; at+elf.Sym64Size <= uint64(len(r.text)) { // a compressed table has more
				r.order.PutUint16(r.text[at+symbolSectionAt:], uint16(elf.SHN_ABS))
			}
		}
	}
	if rel := r.relocations(section); rel != nil {
		r.keepRelocations(rel, func(offset uint64, _ uint32) bool { return r.needed[mapAt(maps, offset)] })
	}
}

// symbolSectionAt is the offset of st_shndx in elf.Sym64.
const symbolSectionAt = 6

// keepRelocations leaves a section of relocations those that keep returns true for.
func (r *reducer) keepRelocations(rel *elf.Section, keep func(offset uint64, symbol uint32) bool) {
	kept := uint64(0)
	for at := uint64(0); at+relocationSize <= rel.Size; at += relocationSize {
		entry := r.text[rel.Offset+at:][:relocationSize]
		if keep(r.relocationAt(entry)) {
			copy(r.text[rel.Offset+kept*relocationSize:], entry)
			kept++
		}
	}
	r.put(r.number(rel), sectionSize, kept*relocationSize)
}
