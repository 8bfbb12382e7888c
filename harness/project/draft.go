package project

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// ErrNothing is the error of [Draft] where a directory has nothing of eBPF.
var ErrNothing = errors.New("no eBPF object, and nothing that makes one")

// Draft returns a first project's file for a directory: the objects that it has and those
// that its bpf2go and its Makefile make. The error is that of reading the directory, or
// ErrNothing.
func Draft(fsys fs.FS) ([]byte, error) {
	var found findings
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(name):
			return fs.SkipDir
		case entry.Type().IsRegular():
			return found.look(fsys, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found.text()
}

// skipped reports whether a directory is not the project's own.
func skipped(name string) bool {
	base := path.Base(name)
	return base != "." && strings.HasPrefix(base, ".") || base == "vendor" || base == "node_modules" || base == "target"
}

// findings are what a directory has of eBPF.
type findings struct {
	objects  []string // patterns
	generate bool     // Go files that say how bpf2go makes objects
	make     bool     // a Makefile that makes some
}

// mostText is how many bytes of a file are searched.
const mostText = 1 << 20

var (
	bpf2go  = regexp.MustCompile(`(?m)^//go:generate .*\bbpf2go\b`)
	targets = regexp.MustCompile(`-target[ =]bpf|bpftool gen (object|skeleton)`)
)

// look takes what one file says.
func (f *findings) look(fsys fs.FS, name string) error {
	base := path.Base(name)
	switch {
	case path.Ext(base) == ".o":
		return f.object(fsys, name)
	case path.Ext(base) == ".go":
		yes, err := says(fsys, name, bpf2go)
		if yes {
			f.generate = true
			f.add(path.Join(path.Dir(name), "*_bpfel.o"))
		}
		return err
	case name == "Makefile":
		yes, err := says(fsys, name, targets)
		f.make = f.make || yes
		return err
	}
	return nil
}

func says(fsys fs.FS, name string, what *regexp.Regexp) (bool, error) {
	text, err := fs.ReadFile(fsys, name)
	return what.Match(text[:min(len(text), mostText)]), err
}

// object takes an eBPF object, by the pattern of those beside it. bpf2go's are two of each.
func (f *findings) object(fsys fs.FS, name string) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	file, err := elf.NewFile(bytes.NewReader(text))
	if err != nil || file.Machine != elf.EM_BPF || strings.HasSuffix(name, "_bpfeb.o") {
		return nil // another compiler's, or the other byte order's
	}
	ending := ".o"
	for _, longer := range []string{"_bpfel.o", ".bpf.o"} {
		if strings.HasSuffix(name, longer) {
			ending = longer
		}
	}
	f.add(path.Join(path.Dir(name), "*"+ending))
	return nil
}

func (f *findings) add(pattern string) {
	if !slices.Contains(f.objects, pattern) {
		f.objects = append(f.objects, pattern)
	}
}

// text returns the project's file.
func (f *findings) text() ([]byte, error) {
	if len(f.objects) == 0 && !f.make {
		return nil, ErrNothing
	}
	out := "# What must hold of this project, and on which kernels: bpflab check.\n" +
		"# All that may stand here: docs/check.md of bpflab.\nkernels: [5.10, 6.1, 6.12, latest]\n"
	if run := f.build(); run != "" {
		out += "\nbuild:\n  run: " + run + "\n"
	}
	out += "\nobjects:\n  - files:\n"
	if len(f.objects) == 0 {
		out += "      - \"*.bpf.o\" # what the Makefile makes\n"
	}
	slices.Sort(f.objects)
	for _, pattern := range f.objects {
		quoted, err := yaml.Marshal(pattern)
		if err != nil {
			return nil, fmt.Errorf("write %q as YAML: %w", pattern, err)
		}
		out += "      - " + string(quoted)
	}
	return []byte(out), nil
}

func (f *findings) build() string {
	switch {
	case f.make:
		return "make"
	case f.generate:
		return "go generate ./..."
	}
	return ""
}
