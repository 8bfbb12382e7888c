//go:build linux

package template

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

const (
	pageSize = 4096
	stride   = 1 << 20 // read at a time, in bytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// eachRun calls do with every run of pages in the first size bytes of f that
// are not all zeros, in order, and with its place. Holes are not read.
func eachRun(f *os.File, size int64, do func(at int64, run []byte) error) error {
	buf := make([]byte, stride)
	for at := int64(0); at < size; {
		from, to, err := nextData(f, at, size)
		if err != nil {
			return err
		}
		for at = from; at < to; {
			part := buf[:min(stride-at%stride, to-at)]
			if _, err := f.ReadAt(part, at); err != nil {
				return err
			}
			if err := runs(part, at, do); err != nil {
				return err
			}
			at += int64(len(part))
		}
	}
	return nil
}

// nextData returns the next range that is no hole, widened to whole pages, at or
// after at; from is size if there is none. A file system that knows no holes
// has data everywhere.
func nextData(f *os.File, at, size int64) (from, to int64, err error) {
	from, err = unix.Seek(int(f.Fd()), at, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return size, size, nil
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.EOPNOTSUPP):
		return at, size, nil
	case err != nil:
		return 0, 0, err
	}
	to, err = unix.Seek(int(f.Fd()), from, unix.SEEK_HOLE)
	if err != nil {
		return 0, 0, err
	}
	from = max(at, from/pageSize*pageSize)
	to = (to + pageSize - 1) / pageSize * pageSize
	return min(from, size), min(to, size), nil
}

var zeros [pageSize]byte

// runs calls do with the runs of a part of a file that begins at at.
func runs(part []byte, at int64, do func(int64, []byte) error) error {
	start := -1
	for i := 0; i <= len(part); i += pageSize {
		full := i < len(part) && !bytes.Equal(part[i:min(i+pageSize, len(part))], zeros[:min(pageSize, len(part)-i)])
		switch {
		case full && start < 0:
			start = i
		case !full && start >= 0:
			if err := do(at+int64(start), part[start:i]); err != nil {
				return err
			}
			start = -1
		}
	}
	if start >= 0 { // a last page that is not whole
		return do(at+int64(start), part[start:])
	}
	return nil
}

// memorySum is the checksum of memory: a CRC-32C over the place and the content
// of every page that is not all zeros. So holes and zeros are the same, and a
// page that moves is another.
type memorySum uint32

func (m *memorySum) add(at int64, run []byte) {
	var place [8]byte
	for i := 0; i < len(run); i += pageSize {
		binary.LittleEndian.PutUint64(place[:], uint64(at)+uint64(i))
		sum := crc32.Update(uint32(*m), castagnoli, place[:])
		*m = memorySum(crc32.Update(sum, castagnoli, run[i:min(i+pageSize, len(run))]))
	}
}

// sumMemory returns the checksum of a memory file.
func sumMemory(f *os.File, size int64) (uint32, error) {
	var sum memorySum
	err := eachRun(f, size, func(at int64, run []byte) error {
		sum.add(at, run)
		return nil
	})
	return uint32(sum), err
}

// sumState returns the CRC-32C of a state file.
func sumState(f *os.File, size int64) (uint32, error) {
	hash := crc32.New(castagnoli)
	n, err := io.Copy(hash, io.NewSectionReader(f, 0, size))
	if err == nil && n != size {
		err = fmt.Errorf("%d bytes of %d", n, size)
	}
	return hash.Sum32(), err
}
