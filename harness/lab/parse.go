package lab

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
)

// document is a lab while it is read.
type document struct {
	*problems
	root   string // stands before the names of files in messages
	lab    *Lab
	header map[string]place   // places of the front matter's values; nil if it could not be read
	steps  []map[string]place // places of each step's comment; nil if it has none
}

// Parse reads the lab document file of fsys and the C files it names, which
// it finds relative to the document. They must lie inside fsys, so fsys is the
// root of labs/ and bpf/ alike. The error is that of reading file, or holds
// every mistake in the document as an *Error.
func Parse(fsys fs.FS, file string) (*Lab, error) { return ParseIn(fsys, "", file) }

// ParseIn does the same for the file system of a directory, whose path stands before the
// names of files in messages.
func ParseIn(fsys fs.FS, root, file string) (*Lab, error) {
	text, err := readCapped(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("lab document: %w", inRoot(root, err))
	}
	doc := newDocument(file)
	doc.root = root
	doc.problems.file = shownPath(root, file)
	doc.read(text)
	files := doc.readFiles(fsys)
	if err := doc.err(); err != nil {
		return nil, err
	}
	doc.lab.SHA256 = digest(text, files)
	doc.lab.places = places{doc.problems.file, doc.header, doc.steps}
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
	if err := doc.err(); err != nil {
		return nil, err
	}
	doc.lab.SHA256 = digest(text, nil)
	return doc.lab, nil
}

func newDocument(file string) *document {
	lab := &Lab{Name: path.Base(path.Dir(file)), File: file}
	return &document{problems: &problems{file: file}, lab: lab}
}

var labName = regexp.MustCompile(`^[a-z0-9-]+$`)

// read fills the lab from its document.
func (d *document) read(text []byte) {
	if !labName.MatchString(d.lab.Name) {
		d.add(place{1, 1}, "name the folder with a-z, 0-9 and -", "the lab's folder is named %q", d.lab.Name)
	}
	text, ok := clean(text, d.problems)
	if !ok {
		return
	}
	front, rest, ok := cutFrontMatter(text, d.problems)
	if !ok {
		return
	}
	d.header, _ = decode(front, &d.lab.Header, d.problems)
	_, said := d.header["timeout"]
	d.lab.UsualTimeout = !said
	d.readSections(newSource(rest))
	d.validate()
}

// readSections reads the title, the introduction and the steps.
func (d *document) readSections(s *source) {
	known := map[int]bool{}
	titled := false
	for _, sec := range outline(s, d.problems) {
		r := &reader{source: s, problems: d.problems, section: sec, hidden: map[int]bool{}, known: known}
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
		d.add(place{s.firstText(), 1}, "write the title as a line \"# Title\" above the first step", "the document has no title")
	}
	strayComments(s, known, d.problems)
}

func (d *document) beforeTitle(s *source, b body) {
	if b.prose != "" {
		d.add(place{s.firstText(), 1}, "move it below the line \"# Title\"", "text stands above the title")
	}
}

func (d *document) title(sec section, again bool) {
	at := place{sec.line, 1}
	switch {
	case again:
		d.add(at, "write steps as \"## Step\"", "the document has a second title")
	case len(d.lab.Steps) > 0:
		d.add(at, "", "the title stands below a step")
	}
}

// step adds a step to the lab.
func (d *document) step(sec section, b body) {
	st := Step{Name: slug(sec.title), Title: sec.title, Line: sec.line, Prose: b.prose, Hints: b.hints, Solution: b.solution, Shown: b.run}
	at := place{sec.line, 1}
	if st.Name == "" && sec.title != "" {
		d.add(at, "", "the step's heading %q has no letter a-z or digit to name it by", sec.title)
	}
	same := slices.IndexFunc(d.lab.Steps, func(o Step) bool { return o.Name == st.Name })
	if same >= 0 && st.Name != "" {
		d.add(at, "change one of the headings", "this step is named %q, as the one in line %d is", st.Name, d.lab.Steps[same].Line)
	}
	var places map[string]place
	if b.comment != nil {
		st.Comment, st.Run = b.comment.at.line, b.run
		places, _ = decode(b.comment.fragment, &st.Action, d.problems)
	}
	for i := range st.Checks {
		st.Checks[i].Line = places[fmt.Sprintf("checks[%d]", i)].line
	}
	d.lab.Steps = append(d.lab.Steps, st)
	d.steps = append(d.steps, places)
}

// readCapped reads a file of at most maxDocument bytes.
func readCapped(fsys fs.FS, file string) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxDocument {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, maxDocument)
	}
	return text, nil
}
