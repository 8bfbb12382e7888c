package bootimage

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
	"github.com/xi2/xz"
)

// maxVmlinux caps what a payload may unpack to.
const maxVmlinux = 512 << 20

// Vmlinux unpacks the ELF vmlinux into w. A payload packed in a way that is
// not known here (LZO) is ErrCompression; the kernel then boots as
// bzImage only. An error of w is returned as it is.
func (i *Image) Vmlinux(w io.Writer) error {
	payload := bufio.NewReaderSize(io.NewSectionReader(i.file, i.offset, i.length), 1<<18)
	magic, _ := payload.Peek(8)
	// After all formats but gzip stand four bytes with the unpacked size.
	packed := io.NewSectionReader(i.file, i.offset, max(0, i.length-4))
	unpacked, err := unpacker(magic, payload, bufio.NewReaderSize(packed, 1<<18))
	if err != nil {
		return err
	}
	out := &failing{to: w}
	n, err := io.Copy(out, io.LimitReader(unpacked, maxVmlinux+1))
	if out.err != nil {
		return out.err
	}
	if err == nil && n > maxVmlinux {
		err = fmt.Errorf("more than %d bytes", maxVmlinux)
	}
	if err != nil {
		return fmt.Errorf("%w: its payload: %w", ErrFormat, err)
	}
	return nil
}

// failing keeps the error of the writer that it passes on to.
type failing struct {
	to  io.Writer
	err error
}

func (f *failing) Write(p []byte) (int, error) {
	n, err := f.to.Write(p)
	f.err = err
	return n, err
}

// unpacker picks by magic; whole is the payload, packed the same without its
// trailer.
func unpacker(magic []byte, whole, packed io.Reader) (io.Reader, error) {
	is := func(prefix string) bool { return bytes.HasPrefix(magic, []byte(prefix)) }
	switch {
	case is("\x7fELF"):
		return whole, nil
	case is("\x1f\x8b"):
		return gunzip(whole)
	case is("\xfd7zXZ\x00"):
		return xz.NewReader(packed, 0)
	case is("\x28\xb5\x2f\xfd"):
		return unzstd(whole)
	case is("\x5d\x00\x00"):
		return lzma.NewReader(packed)
	case is("\x02\x21\x4c\x18"):
		return newLZ4Reader(packed)
	case is("BZh"):
		return bzip2.NewReader(packed), nil
	}
	return nil, fmt.Errorf("payload begins with % x: %w", magic, ErrCompression)
}

// unzstd unpacks in memory, into the size that the trailer states: kernels are
// packed with a window of 128 MiB, which is more than all of them take.
func unzstd(whole io.Reader) (io.Reader, error) {
	packed, err := io.ReadAll(whole)
	if err != nil || len(packed) < 8 {
		return nil, fmt.Errorf("%w: its payload is cut off", ErrFormat)
	}
	end := len(packed) - 4
	size := binary.LittleEndian.Uint32(packed[end:])
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxVmlinux))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	unpacked, err := z.DecodeAll(packed[:end], make([]byte, 0, min(size, maxVmlinux)))
	if err != nil {
		return nil, fmt.Errorf("%w: its payload: %w", ErrFormat, err)
	}
	return bytes.NewReader(unpacked), nil
}

// gunzip ends with the first member: a trailer may follow.
func gunzip(r io.Reader) (io.Reader, error) {
	z, err := gzip.NewReader(r)
	if err == nil {
		z.Multistream(false)
	}
	return z, err
}
