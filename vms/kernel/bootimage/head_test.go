package bootimage

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// flat returns an Image with a magic number, and content behind its header.
func flat(magic string) []byte {
	b := make([]byte, 4096)
	copy(b[flatMagic:], magic)
	copy(b[64:], bytes.Repeat([]byte("kernel "), 500))
	return b
}

var (
	armImage   = flat("ARM\x64")
	riscvImage = flat("RSC\x05")
	s390Image  = func() []byte {
		b := make([]byte, s390Magic+64)
		copy(b[s390Magic:], "S390EP")
		return b
	}()
)

// zboot returns an EFI program for a machine that unpacks an Image.
func zboot(machine uint16, image []byte) []byte {
	packed := gzipped(image)
	b := make([]byte, 512)
	copy(b, "MZ\x00\x00zimg")
	le := binary.LittleEndian
	le.PutUint32(b[8:], uint32(len(b)))
	le.PutUint32(b[12:], uint32(len(packed)-4)) // without the size that ends a gzip file
	copy(b[24:], "gzip")
	le.PutUint32(b[peOffset:], 128)
	copy(b[128:], "PE\x00\x00")
	le.PutUint16(b[132:], machine)
	return append(b, packed...)
}

// elfKernel returns a vmlinux with segments, each at a physical address.
func elfKernel(machine elf.Machine, order binary.ByteOrder, segments map[uint64][]byte) []byte {
	data := byte(elf.ELFDATA2LSB)
	if order == binary.ByteOrder(binary.BigEndian) {
		data = byte(elf.ELFDATA2MSB)
	}
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: uint16(len(segments))}
	copy(header.Ident[:], append([]byte(elf.ELFMAG), byte(elf.ELFCLASS64), data, 1))
	var out, content bytes.Buffer
	binary.Write(&out, order, header)
	for at, text := range segments {
		binary.Write(&out, order, elf.Prog64{Type: uint32(elf.PT_LOAD), Off: uint64(64 + 56*len(segments) + content.Len()), Paddr: at, Filesz: uint64(len(text)), Memsz: uint64(len(text))})
		content.Write(text)
	}
	return append(out.Bytes(), content.Bytes()...)
}

// unpacked returns what QEMU would get of a file, and what was recognised.
func unpacked(file []byte) (Head, []byte, error) {
	h, err := Recognise(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return h, nil, err
	}
	var out bytes.Buffer
	err = h.Unpack(bytes.NewReader(file), int64(len(file)), &out)
	return h, out.Bytes(), err
}

func TestUnpack(t *testing.T) {
	behind := []byte("further on")
	want := append(append(bytes.Clone(armImage), make([]byte, 100)...), behind...)
	little := binary.LittleEndian
	power := elfKernel(elf.EM_PPC64, little, map[uint64][]byte{0: behind})
	for name, test := range map[string]struct {
		file     []byte
		head     Head
		bootable bool
		image    []byte
	}{
		"Image of arm64":       {armImage, Head{Flat, "arm64"}, true, armImage},
		"Image of riscv64":     {riscvImage, Head{Flat, "riscv64"}, true, riscvImage},
		"Image.gz of arm64":    {gzipped(armImage), Head{Zipped, "arm64"}, false, armImage},
		"Image.gz of riscv64":  {gzipped(riscvImage), Head{Zipped, "riscv64"}, false, riscvImage},
		"EFI zboot of arm64":   {zboot(0xaa64, armImage), Head{ZBoot, "arm64"}, false, armImage},
		"EFI zboot of riscv64": {zboot(0x5064, riscvImage), Head{ZBoot, "riscv64"}, false, riscvImage},
		"s390x":                {s390Image, Head{S390, "s390x"}, true, s390Image},
		"vmlinux of arm64": {elfKernel(elf.EM_AARCH64, little, map[uint64][]byte{1 << 20: armImage, 1<<20 + uint64(len(armImage)) + 100: behind}),
			Head{ELF, "arm64"}, false, want},
		"vmlinux of ppc64el": {power, Head{ELF, "ppc64el"}, true, power},
	} {
		head, image, err := unpacked(test.file)
		if err != nil || head != test.head || head.Bootable() != test.bootable || !bytes.Equal(image, test.image) {
			t.Errorf("%s: %+v, bootable %v, %d bytes, %v; want %+v, %v, %d bytes", name, head, head.Bootable(), len(image), err, test.head, test.bootable, len(test.image))
		}
	}
}

func TestUnpackRejects(t *testing.T) {
	little := binary.LittleEndian
	bigARM := bytes.Clone(armImage)
	bigARM[flatFlags] = 1
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":                         {nil, "no kernel image"},
		"a text":                          {[]byte("#!/bin/sh\n"), "no kernel image"},
		"a text in gzip":                  {gzipped([]byte("a text")), "no kernel image"},
		"an archive's begin":              {[]byte("\x1f\x8b"), "no kernel image"},
		"big-endian arm64":                {bigARM, "a big-endian kernel for arm64"},
		"EFI zboot for loongarch":         {zboot(0x6264, armImage), "an EFI program for the machine 0x6264"},
		"EFI zboot for loongarch by name": {zboot(0x6264, armImage), "(loongarch64): bpflab boots"},
		"zImage of 32-bit arm":            {func() []byte { b := make([]byte, 512); copy(b[zImageMagic:], "\x18\x28\x6f\x01"); return b }(), "a zImage for 32-bit arm"},
		"EFI zboot, cut off":              {zboot(0xaa64, armImage)[:540], "cut off"},
		"vmlinux for MIPS":                {elfKernel(elf.EM_MIPS, little, nil), "bpflab boots x86-64"},
		"vmlinux for big ppc64":           {elfKernel(elf.EM_PPC64, binary.BigEndian, nil), "bpflab boots x86-64"},
		"vmlinux for s390x":               {elfKernel(elf.EM_S390, binary.BigEndian, nil), "take arch/s390/boot/bzImage"},
		"vmlinux without segments":        {elfKernel(elf.EM_AARCH64, little, nil), "without segments"},
		"vmlinux without a header":        {elfKernel(elf.EM_AARCH64, little, map[uint64][]byte{0: []byte("code")}), "does not begin with the header"},
		"vmlinux that overlaps":           {elfKernel(elf.EM_AARCH64, little, map[uint64][]byte{0: armImage, 8: armImage}), "overlap"},
		"vmlinux with a long way":         {elfKernel(elf.EM_AARCH64, little, map[uint64][]byte{0: armImage, 1 << 50: armImage}), "too far apart"},
		"vmlinux that is cut off":         {elfKernel(elf.EM_AARCH64, little, map[uint64][]byte{0: armImage})[:200], "cut off"},
		"vmlinux without its magic":       {[]byte("\x7fELF"), "cut off"},
	} {
		if head, _, err := unpacked(test.file); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %+v, %v, want %q", name, head, err, test.want)
		}
	}
}

// TestUnpackOnFullDisk has an error of the writer come back as it is.
func TestUnpackOnFullDisk(t *testing.T) {
	for name, file := range map[string][]byte{"Image": armImage, "Image.gz": gzipped(armImage), "zboot": zboot(0xaa64, armImage),
		"vmlinux": elfKernel(elf.EM_AARCH64, binary.LittleEndian, map[uint64][]byte{0: armImage})} {
		r := bytes.NewReader(file)
		h, err := Recognise(r, int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Unpack(r, int64(len(file)), fullDisk{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// room is a writer that takes so many bytes.
type room int

var errRoom = errors.New("no more room")

func (r *room) Write(p []byte) (int, error) {
	if *r -= room(len(p)); *r < 0 {
		return 0, errRoom
	}
	return len(p), nil
}

func FuzzUnpack(f *testing.F) {
	for _, file := range [][]byte{armImage, gzipped(riscvImage), zboot(0xaa64, armImage), s390Image[s390Magic-64:],
		elfKernel(elf.EM_AARCH64, binary.LittleEndian, map[uint64][]byte{0: armImage, 8192: armImage})} {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r := bytes.NewReader(file)
		h, err := Recognise(r, int64(len(file)))
		if err != nil {
			return
		}
		if h.Arch == "" || h.Format == "" {
			t.Fatalf("recognised as %+v", h)
		}
		left := room(1 << 20)
		if err := h.Unpack(r, int64(len(file)), io.Writer(&left)); err == nil && h.Bootable() && int(left) != 1<<20-len(file) {
			t.Errorf("%+v: %d bytes became %d", h, len(file), 1<<20-int(left))
		}
	})
}
