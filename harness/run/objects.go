package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/vms/kernel"
)

// objects are a lab's compiled programs.
type objects struct {
	bytes  map[string][]byte // by the C file's name as the lab gives it
	digest string            // SHA-256 of the one object, or of all objects' digests; "" without any

	warnings []string // on the cache they come from
}

// includeDir holds the headers of the labs, seen from a lab's folder.
const includeDir = "../../bpf/include"

func (r *runner) objects(ctx context.Context, cell plan.Cell) (objects, float64, error) {
	out := objects{bytes: map[string][]byte{}}
	var digests []string
	began := time.Now()
	for _, name := range Programs(cell.Lab) {
		file := name
		if r.Starter && name == cell.Lab.Program {
			file = cell.Lab.Starter
		}
		object, err := r.object(ctx, cell, file)
		if err != nil {
			return out, since(began), err
		}
		out.bytes[name] = object.Bytes
		if object.Warning != "" {
			out.warnings = append(out.warnings, object.Warning)
		}
		digests = append(digests, object.SHA256)
	}
	out.digest = joinDigests(digests)
	return out, since(began), nil
}

// source is a C file of a lab, for kernels of an architecture.
type source struct {
	lab  *lab.Lab
	file string
	arch kernel.Arch
}

// object returns a C file of a cell's lab compiled for its kernel, once in a run.
func (r *runner) object(ctx context.Context, cell plan.Cell, file string) (build.Object, error) {
	l, arch := cell.Lab, cell.Kernel.Arch
	key := source{l, file, arch}
	r.building.Lock()
	made := r.made[key]
	if made == nil {
		made = sync.OnceValues(func() (build.Object, error) { return Compile(ctx, r.Builder, l, r.Tree(l), file, arch) })
		r.made[key] = made
	}
	r.building.Unlock()
	return made()
}

func joinDigests(digests []string) string {
	if len(digests) < 2 {
		return append(digests, "")[0]
	}
	sum := sha256.New()
	for _, d := range digests {
		sum.Write([]byte(d))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Compile compiles a C file of a lab, named as the lab names it: the target for the
// machine, any other for eBPF, both of that architecture.
func Compile(ctx context.Context, b Builder, l *lab.Lab, tree Tree, file string, arch kernel.Arch) (build.Object, error) {
	source := Source(l, tree, file)
	source.Arch = arch
	if file == l.Target {
		return b.Program(ctx, source)
	}
	return b.Object(ctx, source)
}

// Programs returns the C files that a lab's steps need, each once: those that they load,
// and the target.
func Programs(l *lab.Lab) []string {
	var out []string
	if l.Target != "" {
		out = append(out, l.Target)
	}
	for _, s := range l.Steps {
		if name := s.Source(l); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Built is a C file of a lab and the object it becomes.
type Built struct {
	Name   string // as the lab gives it
	C      []byte
	Object build.Object
}

// Build compiles the C files that a lab's steps load for kernels of an architecture. Errors are those of reading
// them and of clang.
func Build(ctx context.Context, b Builder, l *lab.Lab, tree Tree, arch kernel.Arch) ([]Built, error) {
	var all []Built
	for _, name := range Programs(l) {
		source := Source(l, tree, name)
		text, err := fs.ReadFile(tree.FS, source.Main)
		if err != nil {
			return nil, err
		}
		object, err := Compile(ctx, b, l, tree, name, arch)
		if err != nil {
			return nil, err
		}
		all = append(all, Built{name, text, object})
	}
	return all, nil
}

// Source returns a C file of a lab, named as the lab names it, for a compiler.
func Source(l *lab.Lab, tree Tree, file string) build.Source {
	dir := path.Dir(l.File)
	return build.Source{
		Name:    l.Name,
		FS:      tree.FS,
		Root:    tree.Root,
		Main:    path.Join(dir, file),
		Include: []string{path.Join(dir, path.Dir(file)), headers(dir)},
	}
}

// headers returns the directory of the labs' headers for a lab in dir. It is in the tree
// also where the lab is at the top of it: a path does not leave the tree.
func headers(dir string) string {
	return strings.TrimPrefix(path.Join("/", dir, includeDir), "/")
}
