package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"
)

// grown returns anObject with a section changed, whose content is written behind it.
func grown(number int, size int, change func(*elf.Section64)) []byte {
	text := anObject(binary.LittleEndian)
	var s elf.Section64
	at := headerSize + number*headerSize
	binary.Read(bytes.NewReader(text[at:]), binary.LittleEndian, &s)
	s.Off, s.Size = uint64(len(text)), uint64(size)
	if change != nil {
		change(&s)
	}
	text = append(text, make([]byte, size)...)
	var out bytes.Buffer
	binary.Write(&out, binary.LittleEndian, s)
	copy(text[at:], out.Bytes())
	return text
}

// Sections of anObject.
const (
	ofHelpers = iota + 1
	ofPrograms
	ofMaps
	ofSymbols
	ofNames
)

// What an object has too much of is named, and is found with less memory than it takes.
func TestCheck(t *testing.T) {
	long := grown(ofNames, 9<<20, nil)
	for i := len(long) - 9<<20; i < len(long)-1; i++ {
		long[i] = 'a'
	}
	cut := anObject(binary.LittleEndian)
	for name, test := range map[string]struct {
		text []byte
		says string
	}{
		"as it is":                   {cut, ""},
		"nothing":                    {nil, ""},
		"of another byte order":      {anObject(binary.BigEndian), ""},
		"too many instructions":      {grown(ofPrograms, 20<<20, nil), "it has 2621440 instructions"},
		"too many symbols":           {grown(ofSymbols, 250_000*elf.Sym64Size, nil), "it has 250000 symbols"},
		"names of 9 MiB each":        {long, "bytes of names"},
		"very many relocations":      {grown(ofMaps, 17<<20, func(s *elf.Section64) { s.Type, s.Flags = uint32(elf.SHT_REL), 0 }), "it has 1114112 relocations"},
		"a section beyond the file":  {grown(ofMaps, 0, func(s *elf.Section64) { s.Size = 1 << 62 }), "section 3: it has 4611686018427387904 bytes"},
		"a section of nothing":       {grown(ofMaps, 0, func(s *elf.Section64) { s.Size, s.Type = 1<<62, uint32(elf.SHT_NOBITS) }), ""},
		"a section before the file":  {grown(ofMaps, 0, func(s *elf.Section64) { s.Off, s.Size = 1<<63, 1<<63 }), "section 3"},
		"a compressed section":       {grown(ofMaps, 0, func(s *elf.Section64) { s.Flags |= uint64(elf.SHF_COMPRESSED) }), "compressed"},
		"cut off within its header":  {cut[:40], "it is cut off: it has 40 bytes"},
		"cut off before its symbols": {cut[:headerSize+2*headerSize], "it is cut off: it has 192 bytes, and its header says 448"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := Check(test.text)
		runtime.ReadMemStats(&after)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%s: it took %d bytes", name, took)
		}
	}
}

// truncated returns an object cut off at each of its sections, and everywhere near there.
func truncated(text []byte) (all [][]byte) {
	var header elf.Header64
	binary.Read(bytes.NewReader(text), binary.LittleEndian, &header)
	sections := make([]elf.Section64, header.Shnum)
	binary.Read(bytes.NewReader(text[header.Shoff:]), binary.LittleEndian, sections)
	ends := []uint64{header.Shoff, header.Shoff + uint64(len(sections))*headerSize - 1}
	for i, s := range sections {
		ends = append(ends, s.Off, s.Off+s.Size/2, s.Off+s.Size, header.Shoff+uint64(i)*headerSize)
	}
	for _, end := range ends {
		if end < uint64(len(text)) {
			all = append(all, text[:end])
		}
	}
	return all
}

func TestReadOfTruncatedObjects(t *testing.T) {
	for _, text := range truncated(anObject(binary.LittleEndian)) {
		if _, err := Read(text); err == nil {
			t.Errorf("an object is read of %d bytes", len(text))
		}
	}
}

func FuzzRead(f *testing.F) {
	whole := anObject(binary.LittleEndian)
	f.Add(whole)
	f.Add(anObject(binary.BigEndian))
	for _, text := range truncated(whole) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		spec, err := Read(text)
		if (spec == nil) == (err == nil) {
			t.Errorf("%v, %v", spec, err)
		}
		if err != nil {
			return
		}
		for _, done := range Prepare(spec, map[string]uint32{"counts": 3}) {
			if done.String() == "" {
				t.Errorf("%+v", done)
			}
		}
	})
}
