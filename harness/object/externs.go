package object

import (
	"bytes"
	"encoding/binary"
)

// Kinds of BTF types (include/uapi/linux/btf.h) that have more than a type of the common
// size, and how much: for each, or for each of its members.
var (
	btfFixed   = map[uint32]int{1: 4, 3: 12, 14: 4, 17: 4}
	btfMembers = map[uint32]int{4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
)

const (
	btfHeader  = 24
	btfType    = 12
	btfDatasec = 15
	btfEntry   = 12
	btfMagic   = uint16(0xeb9f)
)

// forgettable are the sections of which an object's BTF lists only what is needed: those with
// what the object takes from elsewhere, and its maps.
var forgettable = []string{".ksyms", ".kconfig", mapsSection}

// forget has the forgettable sections of an object's BTF list only what is needed, in
// place: an entry that is not is replaced by one that is, and a section of which none is
// needed has another name. BTF that is damaged is left as it is, for the reader to report.
func forget(types []byte, needed map[string]bool) {
	w := btfWalk{text: types}
	if !w.open() {
		return
	}
	for w.next() {
		if w.kind != btfDatasec {
			continue
		}
		for _, name := range forgettable {
			if w.nameIs(w.at, name) {
				w.datasecs = append(w.datasecs, w.at)
			}
		}
	}
	for _, at := range w.datasecs {
		w.filter(at, needed)
	}
}

// btfWalk goes from type to type.
type btfWalk struct {
	text     []byte
	order    binary.ByteOrder
	types    []byte // of the text
	strings  []byte
	starts   []int // of the types, by their number
	datasecs []int
	at, end  int // of the type, in types
	kind     uint32
}

// open finds the types and the strings.
func (w *btfWalk) open() bool {
	if len(w.text) < btfHeader {
		return false
	}
	switch btfMagic {
	case binary.LittleEndian.Uint16(w.text):
		w.order = binary.LittleEndian
	case binary.BigEndian.Uint16(w.text):
		w.order = binary.BigEndian
	default:
		return false
	}
	word := func(at int) uint64 { return uint64(w.order.Uint32(w.text[at:])) }
	header := word(4)
	types, strings := header+word(8), header+word(16)
	if types+word(12) > uint64(len(w.text)) || strings+word(20) > uint64(len(w.text)) {
		return false
	}
	w.types, w.strings = w.text[types:][:word(12)], w.text[strings:][:word(20)]
	w.starts = []int{-1} // void
	return true
}

// next goes to the next type.
func (w *btfWalk) next() bool {
	if w.at = w.end; w.at+btfType > len(w.types) {
		return false
	}
	info := w.order.Uint32(w.types[w.at+4:])
	w.kind = info >> 24 & 0x1f
	w.end = w.at + btfType + btfFixed[w.kind] + btfMembers[w.kind]*int(info&0xffff)
	if w.end > len(w.types) {
		return false
	}
	w.starts = append(w.starts, w.at)
	return true
}

// nameIs reports whether a type has a name.
func (w *btfWalk) nameIs(at int, name string) bool { return string(w.name(at)) == name }

// name returns the name of a type, as part of the strings.
func (w *btfWalk) name(at int) []byte {
	offset := uint64(w.order.Uint32(w.types[at:]))
	if offset >= uint64(len(w.strings)) {
		return nil
	}
	name, _, _ := bytes.Cut(w.strings[offset:], []byte{0})
	return name
}

// filter replaces the entries of a section that are not needed.
func (w *btfWalk) filter(at int, needed map[string]bool) {
	n := int(w.order.Uint32(w.types[at+4:]) & 0xffff)
	entries := w.types[at+btfType:][:n*btfEntry]
	isNeeded := func(entry []byte) bool {
		id := uint64(w.order.Uint32(entry))
		return id > 0 && id < uint64(len(w.starts)) && needed[string(w.name(w.starts[id]))]
	}
	var one []byte
	for i := range n {
		if entry := entries[i*btfEntry:][:btfEntry]; isNeeded(entry) {
			one = entry
			break
		}
	}
	if one == nil {
		w.name(at)[0] = '_'
		return
	}
	for i := range n {
		if entry := entries[i*btfEntry:][:btfEntry]; !isNeeded(entry) {
			copy(entry, one)
		}
	}
}
