package bootimage

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Format is how a kernel is written in its file.
type Format string

// Formats of kernels.
const (
	BzImage Format = "bzImage"
	Flat    Format = "Image"     // of arm64 and riscv64, as Documentation/arch/arm64/booting.rst has it
	Zipped  Format = "Image.gz"  // a Flat in gzip
	ZBoot   Format = "EFI zboot" // a Flat in an EFI program that unpacks it
	S390    Format = "s390 image"
	ELF     Format = "vmlinux"
)

// Head is what the first bytes of a kernel say.
type Head struct {
	Format Format
	Arch   string // by Debian's name: "arm64"
}

// ErrUnknown is a file that is no kernel of any known format.
var ErrUnknown = errors.New("no kernel image of a format that is known (bzImage, Image, Image.gz, EFI zboot, s390 image, vmlinux)")

// Recognise returns what the file is, by its head. What is no kernel is ErrUnknown; one for a
// machine that bpflab does not boot is another error, which names the machine.
func Recognise(r io.ReaderAt, size int64) (Head, error) {
	head := make([]byte, min(size, headSize))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Head{}, err
	}
	if bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		return recogniseZipped(r, size)
	}
	return recognise(r, head)
}

// headSize reaches past the magic number of s390's images, which is the last in a file.
const headSize = s390Magic + 16

// Where formats have their magic numbers.
const (
	flatMagic   = 0x38    // "ARMd" of arm64's, "RSC\x05" of riscv64's
	flatFlags   = 0x18    // of arm64's
	zImageMagic = 0x24    // of 32-bit arm's, little-endian
	zbootMagic  = 4       // "zimg", after "MZ"
	peOffset    = 0x3c    // of EFI programs: where their PE header is
	s390Magic   = 0x10008 // "S390EP" (arch/s390/boot/head.S)
)

func recognise(r io.ReaderAt, head []byte) (Head, error) {
	switch {
	case at(head, 0, "\x7fELF"):
		return recogniseELF(r)
	case at(head, 0, "MZ") && at(head, zbootMagic, "zimg"):
		arch, err := peArch(head)
		return Head{ZBoot, arch}, err
	case at(head, flatMagic, "ARM\x64"):
		if head[flatFlags]&1 != 0 {
			return Head{}, errors.New("a big-endian kernel for arm64: bpflab boots little-endian ones")
		}
		return Head{Flat, "arm64"}, nil
	case at(head, flatMagic, "RSC\x05"):
		return Head{Flat, "riscv64"}, nil
	case at(head, zImageMagic, "\x18\x28\x6f\x01"):
		return Head{}, errors.New("a zImage for 32-bit arm: bpflab boots x86-64, arm64, s390x, riscv64 and ppc64le kernels")
	case at(head, headerMagic, "HdrS"):
		return Head{BzImage, "amd64"}, nil
	case at(head, s390Magic, "S390EP"):
		return Head{S390, "s390x"}, nil
	}
	return Head{}, ErrUnknown
}

func at(head []byte, offset int, magic string) bool {
	return len(head) >= offset+len(magic) && string(head[offset:offset+len(magic)]) == magic
}

// recogniseZipped looks at what is packed with gzip.
func recogniseZipped(r io.ReaderAt, size int64) (Head, error) {
	unpacked, err := gunzip(io.NewSectionReader(r, 0, size))
	if err != nil {
		return Head{}, ErrUnknown
	}
	head := make([]byte, headSize)
	n, err := io.ReadFull(unpacked, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return Head{}, fmt.Errorf("%w: its gzip: %w", ErrUnknown, err)
	}
	inner, err := recognise(bytes.NewReader(head[:n]), head[:n])
	if err != nil || inner.Format != Flat {
		return Head{}, ErrUnknown
	}
	return Head{Zipped, inner.Arch}, nil
}

// peMachines are architectures by the machine in a PE header.
var peMachines = map[uint16]string{0xaa64: "arm64", 0x5064: "riscv64"}

// otherPEMachines are words for machines that bpflab does not boot.
var otherPEMachines = map[uint16]string{0x1c0: " (32-bit arm)", 0x1c2: " (32-bit arm)", 0x14c: " (32-bit x86)", 0x5032: " (riscv32)", 0x6232: " (loongarch32)", 0x6264: " (loongarch64)"}

// peArch returns the architecture of an EFI program.
func peArch(head []byte) (string, error) {
	pe := int64(binary.LittleEndian.Uint32(pad(head, peOffset, 4)))
	if pe > int64(len(head)) || !at(head, int(pe), "PE\x00\x00") {
		return "", fmt.Errorf("%w: its EFI program has no PE header", ErrUnknown)
	}
	machine := binary.LittleEndian.Uint16(pad(head, int(pe)+4, 2))
	arch, ok := peMachines[machine]
	if !ok {
		return "", fmt.Errorf("an EFI program for the machine %#x%s: bpflab boots such kernels of arm64 and riscv64", machine, otherPEMachines[machine])
	}
	return arch, nil
}

// pad returns n bytes of head from an offset, zeros where it ends before.
func pad(head []byte, offset, n int) []byte {
	b := make([]byte, n)
	if offset < len(head) {
		copy(b, head[offset:])
	}
	return b
}

// elfMachines are architectures by the machine in an ELF header.
var elfMachines = map[elf.Machine]string{
	elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_S390: "s390x", elf.EM_RISCV: "riscv64", elf.EM_PPC64: "ppc64el",
}

func recogniseELF(r io.ReaderAt) (Head, error) {
	ident := make([]byte, 20)
	if _, err := r.ReadAt(ident, 0); err != nil {
		return Head{}, errors.New("no vmlinux: an ELF file that is cut off")
	}
	class, data := elf.Class(ident[elf.EI_CLASS]), elf.Data(ident[elf.EI_DATA])
	order := binary.ByteOrder(binary.LittleEndian)
	if data == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	machine := elf.Machine(order.Uint16(ident[18:]))
	arch, ok := elfMachines[machine]
	if big := data == elf.ELFDATA2MSB; !ok || class != elf.ELFCLASS64 || big != (arch == "s390x") {
		return Head{}, fmt.Errorf("a vmlinux for %v %v %v: bpflab boots x86-64, arm64, s390x, riscv64 and ppc64le kernels", class, data, machine)
	}
	return Head{ELF, arch}, nil
}
