package bootimage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Errors of images.
var (
	ErrFormat      = errors.New("no x86 kernel image (bzImage)")
	ErrCompression = errors.New("compression not supported")
)

// Image is the setup header of a bzImage.
type Image struct {
	Banner string // "6.1.0-56-cloud-amd64 (…) #1 SMP …"; "" if the header has none
	// where the packed vmlinux lies
	offset, length int64
	file           io.ReaderAt
}

// Offsets in the setup header.
const (
	bootFlag      = 0x1fe
	setupSectors  = 0x1f1
	headerMagic   = 0x202
	protocol      = 0x206
	kernelVersion = 0x20e
	payloadOffset = 0x248
	payloadLength = 0x24c
	headerEnd     = 0x250
)

// Read reads the header of a bzImage of size bytes. What is none is ErrFormat.
func Read(r io.ReaderAt, size int64) (*Image, error) {
	head := make([]byte, headerEnd)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("%w: it is only %d bytes long", ErrFormat, size)
	}
	if binary.LittleEndian.Uint16(head[bootFlag:]) != 0xaa55 || string(head[headerMagic:headerMagic+4]) != "HdrS" {
		return nil, fmt.Errorf("%w: it has no boot header", ErrFormat)
	}
	if p := binary.LittleEndian.Uint16(head[protocol:]); p < 0x208 {
		return nil, fmt.Errorf("%w: boot protocol %d.%02d is older than 2.08", ErrFormat, p>>8, p&0xff)
	}
	i := &Image{file: r, Banner: banner(r, head)}
	return i, i.locate(head, size)
}

// Release returns what uname -r will say: the banner's first word.
func (i *Image) Release() string { return firstWord(i.Banner) }

func (i *Image) locate(head []byte, size int64) error {
	sectors := int64(head[setupSectors])
	if sectors == 0 {
		sectors = 4
	}
	i.offset = (sectors+1)*512 + int64(binary.LittleEndian.Uint32(head[payloadOffset:]))
	i.length = int64(binary.LittleEndian.Uint32(head[payloadLength:]))
	if i.length == 0 || i.offset+i.length > size {
		return fmt.Errorf("%w: it is cut off (%d bytes, the header promises %d)", ErrFormat, size, i.offset+i.length)
	}
	return nil
}

func banner(r io.ReaderAt, head []byte) string {
	at := int64(binary.LittleEndian.Uint16(head[kernelVersion:]))
	if at == 0 {
		return ""
	}
	text := make([]byte, 512)
	n, _ := r.ReadAt(text, at+0x200)
	text, _, _ = bytes.Cut(text[:n], []byte{0})
	return string(text)
}

func firstWord(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	return words[0]
}
