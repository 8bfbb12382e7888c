package rpm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// Limits of a header. A kernel's with 8,000 files and its changelog is some 3 MB, and a
// signature header with one signature for each file (IMA) is of that order. rpm itself
// allows 65,535 tags and 256 MiB.
const (
	maxTags = 0xffff
	maxData = 64 << 20
)

var headerMagic = []byte{0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0}

// kinds of the values of a tag, as rpm numbers them.
const (
	kindNull = iota
	kindChar
	kindInt8
	kindInt16
	kindInt32
	kindInt64
	kindString
	kindBinary
	kindStrings
	kindTranslated // strings, one for each language
)

// sizes of the values that all have one size.
var sizes = map[uint32]uint64{kindNull: 0, kindChar: 1, kindInt8: 1, kindInt16: 2, kindInt32: 4, kindInt64: 8, kindBinary: 1}

// header is what a header structure holds: values by their tag.
type header struct {
	raw    []byte // all of it as it is in the file, without padding
	values map[uint32]value
}

type value struct {
	kind, count uint32
	data        []byte
}

// readHeader reads one header structure. Nothing is taken on trust: each tag lies within
// the data and is there once.
func readHeader(r io.Reader) (*header, error) {
	var raw bytes.Buffer
	intro, err := take(r, &raw, 16)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(intro[:8], headerMagic) {
		return nil, fmt.Errorf("%w: a header does not begin with %x", ErrFormat, headerMagic)
	}
	tags, length := binary.BigEndian.Uint32(intro[8:]), binary.BigEndian.Uint32(intro[12:])
	if tags == 0 || tags > maxTags || length > maxData {
		return nil, fmt.Errorf("%w: a header claims %d tags and %d bytes", ErrFormat, tags, length)
	}
	if _, err := take(r, &raw, int64(tags)*16+int64(length)); err != nil {
		return nil, err
	}
	h := &header{raw: raw.Bytes(), values: make(map[uint32]value, tags)}
	return h, h.parse(int(tags))
}

// take reads n bytes to the end of raw and returns them. It takes no more memory than comes.
func take(r io.Reader, raw *bytes.Buffer, n int64) ([]byte, error) {
	at := raw.Len()
	if _, err := io.CopyN(raw, r, n); err != nil {
		return nil, fmt.Errorf("%w: a header is cut off", ErrFormat)
	}
	return raw.Bytes()[at:], nil
}

func (h *header) parse(tags int) error {
	index, data := h.raw[16:16+16*tags], h.raw[16+16*tags:]
	for ; len(index) > 0; index = index[16:] {
		number := binary.BigEndian.Uint32(index)
		if _, twice := h.values[number]; twice {
			return fmt.Errorf("%w: tag %d is there twice", ErrFormat, number)
		}
		v, err := readValue(index[4:16], data)
		if err != nil {
			return fmt.Errorf("%w: tag %d %w", ErrFormat, number, err)
		}
		h.values[number] = v
	}
	return nil
}

// readValue finds the value of an index entry in data.
func readValue(entry, data []byte) (value, error) {
	v := value{kind: binary.BigEndian.Uint32(entry), count: binary.BigEndian.Uint32(entry[8:])}
	at := binary.BigEndian.Uint32(entry[4:])
	if uint64(at) > uint64(len(data)) {
		return v, fmt.Errorf("lies at %d, past the %d bytes of data", at, len(data))
	}
	rest := data[at:]
	if size, ok := sizes[v.kind]; ok {
		length := size * uint64(v.count)
		if length > uint64(len(rest)) {
			return v, fmt.Errorf("has %d values, which lie past the data", v.count)
		}
		v.data = rest[:length]
		return v, nil
	}
	if v.kind > kindTranslated || v.kind == kindString && v.count != 1 {
		return v, fmt.Errorf("has %d values of the unknown kind %d", v.count, v.kind)
	}
	return readStrings(v, rest)
}

// readStrings finds the end of as many strings as v has.
func readStrings(v value, rest []byte) (value, error) {
	if uint64(v.count) > uint64(len(rest)) {
		return v, fmt.Errorf("has %d strings, which lie past the data", v.count)
	}
	length := 0
	for range v.count {
		end := bytes.IndexByte(rest[length:], 0)
		if end < 0 {
			return v, fmt.Errorf("has a string without an end")
		}
		length += end + 1
	}
	v.data = rest[:length]
	return v, nil
}

// text returns the first string of a tag, "" if there is none.
func (h *header) text(tag uint32) string {
	all := h.texts(tag)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// texts returns the strings of a tag.
func (h *header) texts(tag uint32) []string {
	v := h.values[tag]
	if v.kind < kindString || v.kind == kindBinary {
		return nil
	}
	all := make([]string, 0, v.count)
	for rest := v.data; len(rest) > 0; {
		end := bytes.IndexByte(rest, 0)
		all = append(all, string(rest[:end]))
		rest = rest[end+1:]
	}
	return all
}

// bytes returns the value of a binary tag.
func (h *header) bytes(tag uint32) []byte {
	if v := h.values[tag]; v.kind == kindBinary {
		return v.data
	}
	return nil
}

// number returns the first value of a tag of 32 or 64 bits, 0 if there is none.
func (h *header) number(tag uint32) uint64 {
	switch v := h.values[tag]; {
	case v.kind == kindInt32 && v.count > 0:
		return uint64(binary.BigEndian.Uint32(v.data))
	case v.kind == kindInt64 && v.count > 0:
		return binary.BigEndian.Uint64(v.data)
	}
	return 0
}
