package bootimage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// lz4Reader unpacks the legacy LZ4 frame, which is what "lz4 -l" writes and
// kernels are packed with: a magic number, then blocks, each after its packed
// size in four bytes. Blocks do not refer to each other.
type lz4Reader struct {
	packed io.Reader
	block  []byte // unpacked, not yet read
	failed error
}

const (
	lz4Magic    = 0x184c2102
	lz4Block    = 8 << 20 // what a block unpacks to at most
	lz4MinMatch = 4
)

var errLZ4 = errors.New("damaged LZ4 block")

func newLZ4Reader(packed io.Reader) (io.Reader, error) {
	magic, err := readUint32(packed)
	if err != nil || magic != lz4Magic {
		return nil, errLZ4
	}
	return &lz4Reader{packed: packed}, nil
}

// Read implements io.Reader.
func (r *lz4Reader) Read(p []byte) (int, error) {
	for len(r.block) == 0 {
		if r.failed == nil {
			r.block, r.failed = r.next()
		}
		if r.failed != nil {
			return 0, r.failed
		}
	}
	n := copy(p, r.block)
	r.block = r.block[n:]
	return n, nil
}

// next unpacks one block; io.EOF after the last.
func (r *lz4Reader) next() ([]byte, error) {
	size, err := readUint32(r.packed)
	if err != nil {
		return nil, err
	}
	if size == lz4Magic { // frames may follow each other
		return nil, nil
	}
	if size > 2*lz4Block {
		return nil, fmt.Errorf("%w: %d bytes long", errLZ4, size)
	}
	packed := make([]byte, size)
	if _, err := io.ReadFull(r.packed, packed); err != nil {
		return nil, fmt.Errorf("%w: %w", errLZ4, err)
	}
	return unpackLZ4(packed)
}

func readUint32(r io.Reader) (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(r, b[:])
	return binary.LittleEndian.Uint32(b[:]), err
}

// unpackLZ4 unpacks one block: sequences of literal bytes and a match, which
// repeats bytes that were already unpacked. The last has literals alone.
func unpackLZ4(in []byte) ([]byte, error) {
	out := make([]byte, 0, lz4Block)
	for len(in) > 0 {
		token := in[0]
		literals, rest, err := lz4Length(int(token>>4), in[1:])
		if err != nil || literals > len(rest) || len(out)+literals > lz4Block {
			return nil, errLZ4
		}
		out = append(out, rest[:literals]...)
		if in = rest[literals:]; len(in) == 0 {
			break
		}
		if out, in, err = lz4Match(out, in, int(token&15)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lz4Match appends one match to out; in begins with its offset.
func lz4Match(out, in []byte, length int) ([]byte, []byte, error) {
	if len(in) < 2 {
		return nil, nil, errLZ4
	}
	offset := int(binary.LittleEndian.Uint16(in))
	length, in, err := lz4Length(length, in[2:])
	length += lz4MinMatch
	if err != nil || offset == 0 || offset > len(out) || len(out)+length > lz4Block {
		return nil, nil, errLZ4
	}
	for length > 0 { // a match may overlap what it makes
		n := min(length, offset)
		out = append(out, out[len(out)-offset:len(out)-offset+n]...)
		length -= n
	}
	return out, in, nil
}

// lz4Length adds the bytes that follow a length of 15, up to one below 255.
func lz4Length(n int, in []byte) (int, []byte, error) {
	for more := n == 15; more; {
		if len(in) == 0 || n > lz4Block {
			return 0, nil, errLZ4
		}
		n += int(in[0])
		more = in[0] == 255
		in = in[1:]
	}
	return n, in, nil
}
