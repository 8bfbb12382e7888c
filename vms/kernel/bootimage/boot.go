package bootimage

import (
	"bufio"
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Bootable reports whether QEMU boots the file as it is (-kernel). Others Unpack makes so.
func (h Head) Bootable() bool {
	return h.Format == BzImage || h.Format == Flat || h.Format == S390 || h.Format == ELF && (h.Arch == "amd64" || h.Arch == "ppc64el")
}

// Unpack writes the kernel in the form in which QEMU boots it: the Image out of gzip, of EFI
// zboot (which QEMU unpacks only since 8.1) or of an ELF file. An error of w is returned as it is.
func (h Head) Unpack(r io.ReaderAt, size int64, w io.Writer) error {
	switch {
	case h.Format == ELF && (h.Arch == "arm64" || h.Arch == "riscv64"):
		return flatten(r, w)
	case h.Format == ELF && h.Arch == "s390x":
		return errors.New("an ELF vmlinux for s390x, which no loader boots: take arch/s390/boot/bzImage")
	case h.Format == Zipped:
		return (&Image{file: r, length: size}).Vmlinux(w)
	case h.Format == ZBoot:
		payload, err := zbootPayload(r, size)
		if err != nil {
			return err
		}
		return payload.Vmlinux(w)
	}
	_, err := io.Copy(w, io.NewSectionReader(r, 0, size))
	return err
}

// zbootPayload finds the Image in an EFI zboot file, by its header
// (drivers/firmware/efi/libstub/zboot-header.S).
func zbootPayload(r io.ReaderAt, size int64) (*Image, error) {
	head := make([]byte, 16)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("%w: it is cut off", ErrUnknown)
	}
	offset, length := int64(binary.LittleEndian.Uint32(head[8:])), int64(binary.LittleEndian.Uint32(head[12:]))
	if length == 0 || offset+length > size {
		return nil, fmt.Errorf("%w: it is cut off (%d bytes, the header promises %d)", ErrUnknown, size, offset+length)
	}
	// The length is that without the four bytes of the unpacked size, which Vmlinux leaves out.
	return &Image{file: r, offset: offset, length: min(length+4, size-offset)}, nil
}

// flatten writes the Image that is in an ELF vmlinux, as "objcopy -O binary" does.
func flatten(r io.ReaderAt, w io.Writer) error {
	f, err := elf.NewFile(r)
	if err != nil {
		return fmt.Errorf("no vmlinux: %w", err)
	}
	segments := slices.DeleteFunc(slices.Clone(f.Progs), func(p *elf.Prog) bool { return p.Type != elf.PT_LOAD || p.Filesz == 0 })
	slices.SortStableFunc(segments, func(a, b *elf.Prog) int { return cmp.Compare(a.Paddr, b.Paddr) })
	if len(segments) == 0 {
		return errors.New("a vmlinux without segments that are loaded")
	}
	out := bufio.NewWriter(w)
	start, written := segments[0].Paddr, uint64(0)
	for _, p := range segments {
		at := p.Paddr - start
		if at < written || at > maxVmlinux || p.Filesz > maxVmlinux-at {
			return errors.New("a vmlinux whose segments overlap, or lie too far apart")
		}
		content, err := readSegment(p)
		if err != nil {
			return err
		}
		if written == 0 {
			if h, err := recognise(bytes.NewReader(content), content); err != nil || h.Format != Flat {
				return errors.New("a vmlinux that does not begin with the header of an Image: take arch/*/boot/Image")
			}
		}
		_, _ = io.CopyN(out, zeros{}, int64(at-written)) // Flush returns the error
		_, _ = out.Write(content)
		written = at + p.Filesz
	}
	return out.Flush()
}

// zeros is an endless file of them.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func readSegment(p *elf.Prog) ([]byte, error) {
	var content bytes.Buffer
	n, err := io.Copy(&content, p.Open())
	if err == nil && uint64(n) != p.Filesz {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("a vmlinux that is cut off: %w", err)
	}
	return content.Bytes(), nil
}
