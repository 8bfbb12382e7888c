package verify

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/annotation"
	"github.com/bpflab/bpflab/harness/globals"
	"github.com/bpflab/bpflab/harness/object"
)

// Object is an ELF file with programs.
type Object struct {
	Name     string // the file's name without its directory, but see NameApart
	Programs []Program
	ELF      []byte // nil if it is read again from its file: see content
	Go       bool   // it is for cilium/ebpf: see object.IsOfGo
	Refused  string // why cilium/ebpf does not read it as a whole; its programs are those of the symbol table

	big    bool    // its byte order
	path   string  // of the file
	within extent  // where the object is in it, if ELF is nil
	unread *unread // nil if it was read

	preset  string          // its values' name, "" if it has none
	patches []globals.Patch // the values
	notes   []string        // about the values

	annotations *annotation.Object // nil without Annotate
}

// unread says why an object has no programs that a kernel can be asked about.
type unread struct {
	verdict string
	reason  Reason
}

// unreadable returns the object of a file that no loader reads.
func unreadable(name, why string) *Object {
	return &Object{Name: name, unread: &unread{ByLoader, Reason{Code: "object", Text: why, Fix: "clang -target bpf -g -O2 -c makes an object of C"}}}
}

// tooLarge returns the object of a file that bpflab does not read, and its own loader may.
func tooLarge(name, why string) *Object {
	return &Object{Name: name, unread: &unread{ByLoader, Reason{Code: "object", Text: why, Fix: "run its own loader on the kernels: bpflab exec -- ./loader"}}}
}

// Program is one program of an object.
type Program struct {
	Name, Section, Type, Attach string
	Insns                       int // instructions of its own, before the kernel changes them

	licence  string // that the object states
	needs    []need
	callback bool     // it gives a function to a helper
	contexts []string // its functions whose context is marked: see contextTag

	alone   bool   // cilium/ebpf reads it, and not the rest of its object
	refused string // why cilium/ebpf does not read it
}

// Open reads an object, or the objects that are data of a program, as libbpf's
// skeletons and bpf2go embed them. What is in a file never fails it: an object that cannot
// be read has no programs, and says why in its results. Errors are of the file: it is not
// there, or cannot be read.
func Open(path string) ([]*Object, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	objects := read(filepath.Base(path), text)
	isOfGo := object.IsOfGo(filepath.Base(path), text)
	for _, o := range objects {
		o.path, o.Go = path, isOfGo
		o.leave(text)
	}
	return objects, nil
}

// readFile reads a file, of one that is larger than any object no more than it takes to see
// that.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// A buffer of the right size: one that grows takes several times as much.
	var text bytes.Buffer
	text.Grow(int(min(info.Size(), object.MaxSize)) + bytes.MinRead)
	if _, err := text.ReadFrom(io.LimitReader(f, object.MaxSize+1)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text.Bytes(), nil
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

// read reads the objects of a file, one at least.
func read(name string, text []byte) []*Object {
	switch {
	case len(text) > object.MaxSize:
		return []*Object{tooLarge(name, fmt.Sprintf("it is larger than %d MiB", object.MaxSize>>20))}
	case !bytes.HasPrefix(text, []byte(elf.ELFMAG)):
		return []*Object{unreadable(name, "not an ELF file")}
	case isProgram(text):
		if objects := openEmbedded(name, text); len(objects) > 0 {
			return objects
		}
		return []*Object{unreadable(name, "it is for another machine than eBPF, and has no eBPF object within")}
	}
	o := parse(text)
	o.Name, o.big = name, object.IsBigEndian(text)
	return []*Object{o}
}

// openEmbedded parses the objects within a file. Their names have a number where
// there are several.
func openEmbedded(name string, text []byte) []*Object {
	var out []*Object
	found := object.Embedded(text)
	for i, one := range found {
		o := parse(one)
		o.big = object.IsBigEndian(one)
		if o.Name = name; len(found) > 1 {
			o.Name = fmt.Sprintf("%s#%d", name, i+1)
		}
		out = append(out, o)
	}
	return out
}

// isProgram reports whether an ELF file is for this machine's processor, or another's,
// and not for eBPF.
func isProgram(text []byte) bool {
	f, err := elf.NewFile(bytes.NewReader(text))
	return err == nil && f.Machine != elf.EM_BPF && f.Machine != elf.EM_NONE
}

// parse reads one object. Its name is left to the caller.
func parse(text []byte) *Object {
	if err := object.Check(text); errors.As(err, new(*object.LimitError)) {
		return tooLarge("", err.Error())
	} else if err != nil {
		return unreadable("", err.Error())
	}
	spec, err := object.Read(text)
	if err != nil {
		return parseRefused(text, err)
	}
	if len(spec.Programs) == 0 {
		return &Object{unread: &unread{Undecided, Reason{Code: "no_programs", Text: "it has no programs: no function is in a section of its own", Fix: "name the sections of its programs, as in SEC(\"xdp\"), if it is to have some"}}}
	}
	o := &Object{ELF: text}
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		o.Programs = append(o.Programs, ProgramOf(spec, name))
	}
	return o
}

// ProgramOf returns a program of an object that was read; only its name is known of one that
// the object lacks.
func ProgramOf(spec *ebpf.CollectionSpec, name string) Program {
	if spec == nil || spec.Programs[name] == nil {
		return Program{Name: name}
	}
	p := spec.Programs[name]
	return Program{Name: name, Section: p.SectionName, Type: p.Type.String(), Attach: p.AttachTo, Insns: len(p.Instructions),
		licence: p.License, needs: needsOf(spec, p), callback: givesCallback(p), contexts: contextFunctions(p)}
}

// parseRefused reads an object that cilium/ebpf refused with an error, which may be about
// one of its programs. Another loader may take it.
func parseRefused(text []byte, refused error) *Object {
	functions, err := object.Functions(text)
	if err != nil || len(functions) == 0 {
		return unreadable("", "not an eBPF object that can be read: "+refused.Error())
	}
	o := &Object{ELF: text, Refused: refused.Error()}
	for _, f := range functions {
		o.Programs = append(o.Programs, parseAlone(text, f, refused))
	}
	return o
}

// parseAlone reads one program of an object that cilium/ebpf refused with an error.
func parseAlone(text []byte, f object.Function, refused error) Program {
	p := Program{Name: f.Name, Section: f.Section, Insns: f.Insns, refused: refused.Error()}
	if len(text) > largeELF {
		return p // there would be a copy for each program
	}
	one, err := object.Alone(text, f.Name)
	if err != nil {
		return p
	}
	spec, err := object.Read(one)
	if err != nil {
		p.refused = err.Error()
		return p
	}
	if program := spec.Programs[f.Name]; program == nil || program.Type == ebpf.StructOps {
		return p // the struct that a program of struct_ops is a member of was not read
	}
	p = ProgramOf(spec, f.Name)
	p.alone = true
	return p
}

// maps returns the names of the maps that the object declares.
func (o *Object) maps() []string {
	text, err := o.content()
	if err != nil {
		return nil
	}
	return object.Maps(text)
}
