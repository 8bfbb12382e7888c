package bootimage

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
)

// xenPhys32Entry is XEN_ELFNOTE_PHYS32_ENTRY: the address of the PVH entry.
const xenPhys32Entry = 18

// HasPVH reports whether a vmlinux has the PVH entry point that QEMU boots. What
// is no x86-64 ELF file is an error.
func HasPVH(vmlinux io.ReaderAt) (bool, error) {
	f, err := elf.NewFile(vmlinux)
	if err != nil {
		return false, fmt.Errorf("no vmlinux: %w", err)
	}
	if f.Class != elf.ELFCLASS64 || f.Machine != elf.EM_X86_64 {
		return false, fmt.Errorf("a vmlinux for %v %v: bpflab boots x86-64 kernels", f.Class, f.Machine)
	}
	return hasPVH(f), nil
}

var (
	bannerForm = regexp.MustCompile(`Linux version (\d+\.[0-9A-Za-z.+~_-]+) \(`)
	// s390BannerForm is the kernel_version of s390's decompressor (arch/s390/boot/version.c);
	// the kernel itself is packed.
	s390BannerForm = regexp.MustCompile(`(\d+\.\d+[0-9A-Za-z.+~_-]*) \([^()\x00]+@[^()\x00]+\) #\d`)
)

// Release returns what uname -r will say, from the banner in the content of a
// kernel that is not packed, or of an s390 image; "" if there is none.
func Release(content []byte) string {
	for _, form := range []*regexp.Regexp{bannerForm, s390BannerForm} {
		if m := form.FindSubmatch(content); m != nil {
			return string(m[1])
		}
	}
	return ""
}

func hasPVH(f *elf.File) bool {
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE || p.Filesz > 1<<20 {
			continue
		}
		notes, err := io.ReadAll(p.Open())
		if err == nil && hasNote(notes, f.ByteOrder, "Xen", xenPhys32Entry) {
			return true
		}
	}
	return false
}

// hasNote walks the notes of one segment: sizes of name and content, type,
// name, content, each padded to four bytes.
func hasNote(notes []byte, order binary.ByteOrder, name string, kind uint32) bool {
	for len(notes) >= 12 {
		nameSize, size := int64(order.Uint32(notes)), int64(order.Uint32(notes[4:]))
		end := 12 + align4(nameSize) + align4(size)
		if end > int64(len(notes)) {
			return false
		}
		if order.Uint32(notes[8:]) == kind && string(bytes.TrimRight(notes[12:12+nameSize], "\x00")) == name {
			return true
		}
		notes = notes[end:]
	}
	return false
}

func align4(n int64) int64 { return (n + 3) &^ 3 }

// Config returns the .config that CONFIG_IKCONFIG puts into the content of a
// vmlinux; nil if there is none.
func Config(vmlinux []byte) []byte {
	for {
		_, after, found := bytes.Cut(vmlinux, []byte("IKCFG_ST"))
		if !found {
			return nil
		}
		if packed, _, ok := bytes.Cut(after, []byte("IKCFG_ED")); ok {
			if text := gunzipAll(packed); text != nil {
				return text
			}
		}
		vmlinux = after
	}
}

func gunzipAll(packed []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(z, 16<<20))
	if err != nil {
		return nil
	}
	return text
}
