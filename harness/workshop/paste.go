package workshop

import (
	"fmt"
	"regexp"
)

// Paste is code of a lesson, and where in the student's C file it belongs. In a document
// it is a block of C below one of two lines:
//
//	In place of `NAME`:
//	Above `NAME`:
//
// NAME is a function or a struct of the file.
type Paste struct {
	Name    string
	Replace bool // the definition of Name; else the code goes above it
	Code    string
}

var pasteForm = regexp.MustCompile("(?m)^(In place of|Above) `(\\w+)`:\n\n```c\n((?s:.*?))^```$")

// Pastes returns the code of a Markdown text that goes into the student's C file, in
// order.
func Pastes(markdown string) []Paste {
	var out []Paste
	for _, m := range pasteForm.FindAllStringSubmatch(markdown, -1) {
		out = append(out, Paste{Name: m[2], Replace: m[1] != "Above", Code: m[3]})
	}
	return out
}

// Into returns a C file with the code pasted. It is an error if the file does not define
// the name.
func (p Paste) Into(code string) (string, error) {
	from, to, found := definition(code, p.Name)
	switch {
	case !found:
		return "", fmt.Errorf("the file has no definition of %s", p.Name)
	case p.Replace:
		return code[:from] + p.Code + code[to:], nil
	}
	return code[:from] + p.Code + "\n" + code[from:], nil
}

// definition returns the offsets of the definition of a function or a struct: from the
// SEC above it, if there is one, to behind its last line.
func definition(code, name string) (from, to int, found bool) {
	head := regexp.MustCompile(`(?m)^(?:SEC\(.*\)\n)?(?:struct ` + name + ` \{|\w[^;\n]*[ *(]` + name + `\s*[(,][^;\n]*\)(?: \{|\n\{))$`)
	at := head.FindStringIndex(code)
	if at == nil {
		return 0, 0, false
	}
	end := regexp.MustCompile(`(?m)^\}.*\n?`).FindStringIndex(code[at[1]:])
	if end == nil {
		return 0, 0, false
	}
	return at[0], at[1] + end[1], true
}

// PasteSolution returns a C file with a step's part of the solution in it. The error says
// which definition the file lacks.
func (l *Lesson) PasteSolution(step, code string) (string, error) {
	st := l.step(step)
	if st == nil {
		return "", fmt.Errorf("the lab %s has no step %q", l.Name, step)
	}
	var err error
	for _, p := range Pastes(st.Solution) {
		if code, err = p.Into(code); err != nil {
			return "", err
		}
	}
	return code, nil
}
