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

// Lesson is a lab as a student takes it.
type Lesson struct {
	*lab.Lab
	Tree     run.Tree
	Starter  []byte // what the student's C file holds at first; nil if the lab has none
	Solution []byte
}

// NewLesson reads a lab's C files. Errors are those of reading them.
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

// own is the document of a student whose C file begins as the starter: where the text
// speaks of the starter's place, it speaks of that file.
func (l *Lesson) forStudent(document *lab.Lab) *lab.Lab {
	out := *document
	tell := func(text string) string { return strings.ReplaceAll(text, l.place(document.Starter), l.FileName()) }
	out.Intro, out.Steps = tell(out.Intro), slices.Clone(out.Steps)
	for i := range out.Steps {
		out.Steps[i].Prose = tell(out.Steps[i].Prose)
	}
	return &out
}

func (l *Lesson) read(file string) ([]byte, error) { return fs.ReadFile(l.Tree.FS, l.place(file)) }

// place is where a file that the document names lies in the tree.
func (l *Lesson) place(file string) string { return path.Join(path.Dir(l.Lab.File), file) }

// FileName is the name of the student's C file, "hello.bpf.c", or "" without one.
func (l *Lesson) FileName() string {
	if l.Program == "" {
		return ""
	}
	return path.Base(l.Program)
}

// Figure reads a figure of the lesson's, named as the document names it: a file beside
// it.
func (l *Lesson) Figure(name string) ([]byte, error) {
	if path.Ext(name) != ".svg" || path.Base(name) != name {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return l.read(name)
}

// Checked are the names of the steps that have something to check, in order.
func (l *Lesson) Checked() []string {
	var out []string
	for _, s := range l.Steps {
		if IsChecked(s) {
			out = append(out, s.Name)
		}
	}
	return out
}

// IsChecked tells whether a step has something to check.
func IsChecked(s lab.Step) bool { return len(s.Checks) > 0 || len(s.Run) > 0 }

// step is the step of a name, nil if there is none.
func (l *Lesson) step(name string) *lab.Step {
	for i := range l.Steps {
		if l.Steps[i].Name == name {
			return &l.Steps[i]
		}
	}
	return nil
}
