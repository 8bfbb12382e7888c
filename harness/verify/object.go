package verify

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/bpflab/bpflab/harness/object"
)

// Object is an ELF file with programs.
type Object struct {
	Name     string // the file's name without its directory, but see NameApart
	Programs []Program
	ELF      []byte
	Go       bool   // it is for cilium/ebpf: see object.IsOfGo
	Refused  string // why cilium/ebpf does not read it; its programs are those of the symbol table

	path string // of the file
}

// Program is one program of an object.
type Program struct {
	Name, Section, Type, Attach string
	Insns                       int // instructions of its own, before the kernel changes them

	licence  string // that the object states
	needs    []need
	callback bool // it gives a function to a helper
}

// Open reads an object, or the objects that are data of a program, as libbpf's
// skeletons and bpf2go embed them. Errors name the file and what is wrong with it.
func Open(path string) ([]*Object, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > object.MaxSize {
		return nil, fmt.Errorf("%s is larger than %d MiB", path, object.MaxSize>>20)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	objects, err := read(filepath.Base(path), text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	isOfGo := object.IsOfGo(filepath.Base(path), text)
	for _, o := range objects {
		o.path, o.Go = path, isOfGo
	}
	return objects, nil
}

// NameApart gives objects of different files that have one name the files' paths, so that
// their results can be told apart.
func NameApart(objects []*Object) {
	paths := map[string]map[string]bool{}
	for _, o := range objects {
		if paths[o.Name] == nil {
			paths[o.Name] = map[string]bool{}
		}
		paths[o.Name][filepath.Clean(o.path)] = true
	}
	for _, o := range objects {
		if len(paths[o.Name]) > 1 {
			o.Name = filepath.Join(filepath.Dir(o.path), o.Name)
		}
	}
}

func read(name string, text []byte) ([]*Object, error) {
	if !bytes.HasPrefix(text, []byte(elf.ELFMAG)) {
		return nil, errors.New("not an ELF file; clang -target bpf -g -O2 -c makes one of C")
	}
	if isProgram(text) {
		objects, err := openEmbedded(name, text)
		if err == nil && len(objects) == 0 {
			err = errors.New("it is for another machine than eBPF, and has no eBPF object within; clang -target bpf makes one of C")
		}
		return objects, err
	}
	o, err := parse(text)
	if err != nil {
		return nil, err
	}
	o.Name = name
	return []*Object{o}, nil
}

// isProgram reports whether an ELF file is for this machine's processor, or another's,
// and not for eBPF.
func isProgram(text []byte) bool {
	f, err := elf.NewFile(bytes.NewReader(text))
	return err == nil && f.Machine != elf.EM_BPF && f.Machine != elf.EM_NONE
}

func parse(text []byte) (*Object, error) {
	spec, err := object.Read(text)
	if err != nil {
		return parseRefused(text, err)
	}
	if spec.ByteOrder != nil && spec.ByteOrder != binary.ByteOrder(binary.LittleEndian) {
		return nil, errors.New("it is big-endian, and the kernels here are little-endian; clang -target bpfel makes one for them")
	}
	if len(spec.Programs) == 0 {
		return nil, errors.New("it has no programs: no function is in a section that libbpf knows, such as SEC(\"xdp\")")
	}
	o := &Object{ELF: text}
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		p := spec.Programs[name]
		o.Programs = append(o.Programs, Program{Name: name, Section: p.SectionName, Type: p.Type.String(), Attach: p.AttachTo, Insns: len(p.Instructions),
			licence: p.License, needs: needsOf(spec, p), callback: givesCallback(p)})
	}
	return o, nil
}

// parseRefused reads an object that cilium/ebpf refused with an error. Another loader may
// take it.
func parseRefused(text []byte, refused error) (*Object, error) {
	functions, err := object.Functions(text)
	if err != nil || len(functions) == 0 {
		return nil, fmt.Errorf("not an eBPF object that can be read: %w", refused)
	}
	o := &Object{ELF: text, Refused: refused.Error()}
	for _, f := range functions {
		o.Programs = append(o.Programs, Program{Name: f.Name, Section: f.Section, Insns: f.Insns})
	}
	return o, nil
}

// maps returns the names of the maps that the object declares.
func (o *Object) maps() []string { return object.Maps(o.ELF) }
