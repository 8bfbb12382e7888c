package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"github.com/bpflab/bpflab/harness/document"
)

// draft is a lab while it is read.
type draft struct {
	*document.Problems
	root   string // stands before the names of files in messages
	lab    *Lab
	header map[string]document.Place   // places of the front matter's values; nil if it could not be read
	steps  []map[string]document.Place // places of each step's comment; nil if it has none
}

// Parse reads the lab document file of fsys and the C files it names, which
// it finds relative to the document. They must lie inside fsys, so fsys is the
// root of labs/ and bpf/ alike. The error is that of reading file, or holds
// every mistake in the document as an *Error.
func Parse(fsys fs.FS, file string) (*Lab, error) { return ParseIn(fsys, "", file) }

// ParseIn does the same for the file system of a directory, whose path stands before the
// names of files in messages.
func ParseIn(fsys fs.FS, root, file string) (*Lab, error) {
	text, err := document.Read(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("lab document: %w", inRoot(root, err))
	}
	doc := newDocument(file)
	doc.root = root
	doc.Problems.File = shownPath(root, file)
	doc.read(text)
	files := doc.readFiles(fsys)
	doc.captures(fsys, files)
	if err := doc.Err(); err != nil {
		return nil, err
	}
	doc.lab.SHA256 = digest(text, files)
	doc.lab.places = places{doc.Problems.File, doc.header, doc.steps}
	return doc.lab, nil
}

// shownPath returns the name of a file for messages.
func shownPath(root, file string) string {
	if root == "" {
		return file
	}
	return path.Join(root, file)
}

// inRoot returns an error of a file system that names the file for messages.
func inRoot(root string, err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return &fs.PathError{Op: of.Op, Path: shownPath(root, of.Path), Err: of.Err}
	}
	return err
}

// ParseBytes reads a document that stands in file, but not the C files it
// names: they are not looked for, and SHA256 does not cover them.
func ParseBytes(file string, text []byte) (*Lab, error) {
	doc := newDocument(file)
	doc.read(text)
	if err := doc.Err(); err != nil {
		return nil, err
	}
	doc.lab.SHA256 = digest(text, nil)
	return doc.lab, nil
}

func newDocument(file string) *draft {
	lab := &Lab{Name: path.Base(path.Dir(file)), File: file}
	return &draft{Problems: &document.Problems{File: file}, lab: lab}
}

var labName = regexp.MustCompile(`^[a-z0-9-]+$`)

// read fills the lab from its document.
func (d *draft) read(text []byte) {
	if !labName.MatchString(d.lab.Name) {
		d.Add(document.At(1, 1), "name the folder with a-z, 0-9 and -", "the lab's folder is named %q", d.lab.Name)
	}
	text, ok := document.Clean(text, d.Problems)
	if !ok {
		return
	}
	front, rest, ok := cutFrontMatter(text, d.Problems)
	if !ok {
		return
	}
	d.header, _ = grammar.Decode(front, &d.lab.Header, d.Problems)
	_, said := d.header["timeout"]
	d.lab.UsualTimeout = !said
	d.readSections(newSource(rest))
	d.validate()
}

// readSections reads the title, the introduction and the steps.
func (d *draft) readSections(s *source) {
	known := map[int]bool{}
	titled := false
	for _, sec := range outline(s, d.Problems) {
		r := &reader{source: s, Problems: d.Problems, section: sec, hidden: map[int]bool{}, known: known}
		b := r.read()
		switch sec.level {
		case 0:
			d.beforeTitle(s, b)
		case 1:
			d.title(sec, titled)
			titled, d.lab.Intro = true, b.prose
		default:
			d.step(sec, b)
		}
	}
	if !titled {
		d.Add(document.At(s.firstText(), 1), "write the title as a line \"# Title\" above the first step", "the document has no title")
	}
	strayComments(s, known, d.Problems)
}

func (d *draft) beforeTitle(s *source, b body) {
	if b.prose != "" {
		d.Add(document.At(s.firstText(), 1), "move it below the line \"# Title\"", "text stands above the title")
	}
}

func (d *draft) title(sec section, again bool) {
	at := document.At(sec.line, 1)
	switch {
	case again:
		d.Add(at, "write steps as \"## Step\"", "the document has a second title")
	case len(d.lab.Steps) > 0:
		d.Add(at, "", "the title stands below a step")
	}
}

// step adds a step to the lab.
func (d *draft) step(sec section, b body) {
	st := Step{Name: slug(sec.title), Title: sec.title, Line: sec.line, Prose: b.prose, Hints: b.hints, Solution: b.solution, Shown: b.run}
	at := document.At(sec.line, 1)
	if st.Name == "" && sec.title != "" {
		d.Add(at, "", "the step's heading %q has no letter a-z or digit to name it by", sec.title)
	}
	same := slices.IndexFunc(d.lab.Steps, func(o Step) bool { return o.Name == st.Name })
	if same >= 0 && st.Name != "" {
		d.Add(at, "change one of the headings", "this step is named %q, as the one in line %d is", st.Name, d.lab.Steps[same].Line)
	}
	var places map[string]document.Place
	if b.comment != nil {
		st.Comment, st.Run = b.comment.at.Line, b.run
		places, _ = grammar.Decode(b.comment.Fragment, &st.Action, d.Problems)
	}
	for i := range st.Checks {
		st.Checks[i].Line = places[fmt.Sprintf("checks[%d]", i)].Line
	}
	d.lab.Steps = append(d.lab.Steps, st)
	d.steps = append(d.steps, places)
}
