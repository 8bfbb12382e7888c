package project

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Read reads a project's file. The error is that of reading it, or holds every mistake in
// it as a *document.Error.
func Read(file string) (*Project, error) {
	dir, name := filepath.Split(file)
	text, err := document.Read(os.DirFS(filepath.Clean(dir+".")), name)
	if os.IsNotExist(err) {
		return nil, fmt.Errorf("%s: %w: `bpflab init` writes one", file, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return Parse(file, text)
}

// Parse reads the text of a project's file. Errors are those of [Read].
func Parse(file string, text []byte) (*Project, error) {
	p := &Project{file: file}
	problems := &document.Problems{File: file}
	text, ok := document.Clean(text, problems)
	if ok {
		p.places, _ = grammar.Decode(document.Fragment{Text: string(text), Noun: "the project"}, p, problems)
		p.validate(problems)
	}
	return p, problems.Err()
}

// validate finds mistakes that are in no single key's form.
func (p *Project) validate(problems *document.Problems) {
	v := &validator{p, problems}
	v.selectors()
	for i, o := range p.Objects {
		v.objects(fmt.Sprintf("objects[%d]", i), o)
	}
	v.packets()
	v.commands()
}

type validator struct {
	*Project
	problems *document.Problems
}

// fail reports a mistake, unless one was found at this place before.
func (v *validator) fail(path, hint, format string, args ...any) {
	at, ok := v.places[path]
	if !ok {
		at = v.places[""]
	}
	if !v.problems.Reported(at) {
		v.problems.Add(at, hint, format, args...)
	}
}

func (v *validator) selectors() {
	for i, k := range v.Kernels {
		if _, err := kernel.ParseSelectors([]string{string(k)}); err != nil {
			v.fail(fmt.Sprintf("kernels[%d]", i), "", "%v", err)
		}
	}
}

func (v *validator) objects(at string, o Objects) {
	v.patterns(at+".files", o.Files)
	v.patterns(at+".programs", o.Programs)
	v.patterns(at+".skip", o.Skip)
	v.budgets(at+".budgets", o.Budgets)
	for i, r := range o.Rejected {
		entry := fmt.Sprintf("%s.rejected[%d]", at, i)
		v.pattern(entry+".program", r.Program)
		v.pattern(entry+".object", r.Object)
		v.pattern(entry+".preset", r.Preset)
	}
}

func (v *validator) patterns(at string, patterns []string) {
	for i, p := range patterns {
		v.pattern(fmt.Sprintf("%s[%d]", at, i), p)
	}
}

func (v *validator) pattern(at, pattern string) {
	if _, err := path.Match(pattern, ""); err != nil {
		v.fail(at, "* is any text, ? any character, [abc] one of them", "%q is no pattern", pattern)
	}
}

func (v *validator) budgets(at string, b verify.Budgets) {
	v.limits(at+".all", b.All)
	for program, l := range b.Programs {
		v.limits(at+".programs."+program, l)
	}
	for i, k := range b.Kernels {
		own := fmt.Sprintf("%s.kernels[%d]", at, i)
		v.limits(own+".all", k.All)
		for program, l := range k.Programs {
			v.limits(own+".programs."+program, l)
		}
	}
}

func (v *validator) limits(at string, l verify.Limits) {
	for name := range l {
		if !slices.Contains(verify.Measures(), name) {
			v.fail(at+"."+name, document.DidYouMean(name, verify.Measures()), "%q cannot have a budget", name)
		}
	}
}

func (v *validator) commands() {
	for i := range v.Commands {
		c := &v.Commands[i]
		if c.Name == "" && len(c.Run) > 0 {
			c.Name = path.Base(c.Run[0])
		}
		at := fmt.Sprintf("commands[%d]", i)
		same := slices.IndexFunc(v.Commands[:i], func(o Command) bool { return o.Name == c.Name })
		if same >= 0 && c.Name != "" {
			line := v.places[fmt.Sprintf("commands[%d]", same)].Line
			v.fail(at, "give one of them another name", "this command is named %q, as the one in line %d is", c.Name, line)
		}
	}
}

// Mistake returns a mistake that shows only beside the project's files, at the value with a
// path such as "objects[0].files[1]".
func (p *Project) Mistake(path, hint, format string, args ...any) error {
	at, ok := p.places[path]
	if !ok {
		at = p.places[""]
	}
	return &document.Error{File: p.file, Line: at.Line, Column: at.Column, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// Paths returns the files that the entry of objects with an index names. One that is not
// there, and a pattern that matches nothing, is a mistake: nothing checked must not look
// like success.
func (p *Project) Paths(index int) ([]string, error) {
	var all []string
	for i, pattern := range p.Objects[index].Files {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			hint := "is it built? give a `build`, or correct the pattern"
			return nil, p.Mistake(fmt.Sprintf("objects[%d].files[%d]", index, i), hint, "there is no file %s", pattern)
		}
		for _, file := range found {
			if !slices.Contains(all, file) {
				all = append(all, file)
			}
		}
	}
	return all, nil
}
