package build

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxObject bounds an object, in bytes: one given by a user, and what clang writes.
const maxObject = 64 << 20

// ObjectError is the error for a file that is not an eBPF object but should be one.
type ObjectError struct {
	Name string
	Text string // what it is instead, or what is wrong with it
}

func (e *ObjectError) Error() string {
	return fmt.Sprintf("%s is no eBPF object: %s; compile one with: clang -target bpf -O2 -g -c", e.Name, e.Text)
}

// Check reports whether the file at path is an eBPF object that the guests can
// load: a relocatable 64-bit ELF file for the bpf machine, whole.
func Check(path string) error {
	_, err := Open(path)
	return err
}

// Open reads an object given by a user and checks it as Check does. Its Path
// is the one given.
func Open(path string) (Object, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Object{}, fmt.Errorf("object: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Object{}, &ObjectError{path, "it is not a regular file"}
	}
	if info.Size() > maxObject {
		return Object{}, &ObjectError{path, fmt.Sprintf("it has %d bytes, more than the %d allowed", info.Size(), maxObject)}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return Object{}, fmt.Errorf("object: %w", err)
	}
	if err := check(path, bytes.NewReader(content)); err != nil {
		return Object{}, err
	}
	object := newObject(content)
	object.Path = path
	return object, nil
}

func check(name string, content *bytes.Reader) error {
	if content.Len() == 0 {
		return &ObjectError{name, "it is empty"}
	}
	if text := checkIdent(content); text != "" {
		return &ObjectError{name, text}
	}
	file, err := elf.NewFile(content)
	if err != nil {
		return &ObjectError{name, fmt.Sprintf("it is cut off or damaged (%v)", err)}
	}
	if text := checkHeader(file); text != "" {
		return &ObjectError{name, text}
	}
	return checkSections(name, file, content.Size())
}

// checkIdent looks at the first bytes, which say what the rest means.
func checkIdent(content io.ReaderAt) string {
	var ident [elf.EI_NIDENT]byte
	n, err := content.ReadAt(ident[:], 0)
	magic := string(ident[:min(n, len(elf.ELFMAG))])
	switch {
	case magic != elf.ELFMAG:
		return "it is not an ELF file"
	case errors.Is(err, io.EOF):
		return "it is cut off within the ELF header"
	case elf.Class(ident[elf.EI_CLASS]) != elf.ELFCLASS64:
		return "it is not 64-bit"
	}
	return ""
}

func checkHeader(file *elf.File) string {
	switch {
	case file.Machine != elf.EM_BPF:
		return fmt.Sprintf("it is for another machine (%v)", file.Machine)
	case file.Type != elf.ET_REL:
		return fmt.Sprintf("it is of type %v, not relocatable", file.Type)
	case len(file.Sections) == 0:
		return "it has no sections"
	}
	return ""
}

// checkSections checks that every section is inside the file.
func checkSections(name string, file *elf.File, size int64) error {
	for _, section := range file.Sections {
		if section.Type == elf.SHT_NOBITS || section.Type == elf.SHT_NULL {
			continue
		}
		if section.Offset > uint64(size) || section.FileSize > uint64(size)-section.Offset {
			return &ObjectError{name, fmt.Sprintf("it is cut off: section %q ends past its %d bytes", section.Name, size)}
		}
	}
	return nil
}
