package lab

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/bpflab/bpflab/harness/document"
)

// Course is a choice of labs: the file course.yaml in a directory of labs.
type Course struct {
	Labs []string `yaml:"labs"` // names, in the order in which students take them
}

// ParseCourse reads the choice of labs in file of fsys; have are the labs that there are.
// root stands before file's name in messages. The error is that of reading the file, or
// holds every mistake in it as an *Error.
func ParseCourse(fsys fs.FS, root, file string, have []string) (Course, error) {
	var out Course
	text, err := document.Read(fsys, file)
	if err != nil {
		return out, fmt.Errorf("choice of labs: %w", inRoot(root, err))
	}
	p := &document.Problems{File: shownPath(root, file)}
	text, ok := document.Clean(text, p)
	if !ok {
		return out, p.Err()
	}
	places, _ := grammar.Decode(document.Fragment{Text: string(text), Noun: "the choice of labs"}, &out, p)
	for i, name := range out.Labs {
		if at, ok := places[fmt.Sprintf("labs[%d]", i)]; ok && !slices.Contains(have, name) && !p.Reported(at) {
			p.Add(at, document.DidYouMean(name, have), "there is no lab %s", document.Quote(name))
		}
	}
	return out, p.Err()
}
