package workshop

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
)

// Lesson is a lab and its C files, as a student takes it.
type Lesson struct {
	*lab.Lab
	Tree     run.Tree
	Starter  []byte // initial content of the student's C file; nil if the lab has none
	Solution []byte
}

// NewLesson reads a lab's C files.
func NewLesson(l *lab.Lab, tree run.Tree) (*Lesson, error) {
	out := &Lesson{Lab: l, Tree: tree}
	if l.Program == "" {
		return out, nil
	}
	var err error
	if out.Starter, err = out.read(l.Starter); err == nil {
		out.Solution, err = out.read(l.Program)
	}
	if err != nil {
		return nil, fmt.Errorf("lab %s: %w", l.Name, err)
	}
	out.Lab = out.forStudent(l)
	return out, nil
}

// forStudent returns the document with every path of the starter replaced by the name
// of the student's C file, which begins as a copy of it.
func (l *Lesson) forStudent(document *lab.Lab) *lab.Lab {
	out := *document
	replace := func(text string) string { return strings.ReplaceAll(text, l.place(document.Starter), l.FileName()) }
	out.Intro, out.Steps = replace(out.Intro), slices.Clone(out.Steps)
	for i := range out.Steps {
		out.Steps[i].Prose = replace(out.Steps[i].Prose)
	}
	return &out
}

func (l *Lesson) read(file string) ([]byte, error) { return fs.ReadFile(l.Tree.FS, l.place(file)) }

// place returns the path in the tree of a file that the document names.
func (l *Lesson) place(file string) string { return path.Join(path.Dir(l.Lab.File), file) }

// FileName returns the name of the student's C file, such as "hello.bpf.c", or "" if
// the lab has none.
func (l *Lesson) FileName() string {
	if l.Program == "" {
		return ""
	}
	return path.Base(l.Program)
}

// Figure reads a figure beside the lesson's document, by the name that the document
// gives it.
func (l *Lesson) Figure(name string) ([]byte, error) {
	if path.Ext(name) != ".svg" || path.Base(name) != name {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return l.read(name)
}

// Checked returns the names of the steps that have something to check, in order.
func (l *Lesson) Checked() []string {
	var out []string
	for _, s := range l.Steps {
		if IsChecked(s) {
			out = append(out, s.Name)
		}
	}
	return out
}

// IsChecked reports whether a step has something to check.
func IsChecked(s lab.Step) bool { return len(s.Checks) > 0 || len(s.Run) > 0 }

// step returns the step with a name, or nil.
func (l *Lesson) step(name string) *lab.Step {
	for i := range l.Steps {
		if l.Steps[i].Name == name {
			return &l.Steps[i]
		}
	}
	return nil
}
