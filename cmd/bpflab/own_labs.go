package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/labs"
)

// courseFile is the choice of labs in a directory of --labs.
const courseFile = "course.yaml"

// ownLabs makes a course of the labs of the binary and those that a teacher has in a
// directory, or of one lab of the user's own. It can be read again at any time: a lab that
// is wrong by then stays as it was.
type ownLabs struct {
	dir     string // of --labs, or ""
	lab     string // path of one lab, or ""
	builder run.Builder
	notes   func(string) // receives what is wrong, once for each mistake

	folders map[string]*labFolder       // of the user's own labs, by name
	bundled map[string]*workshop.Lesson // of the binary, as far as they were needed
	names   []string                    // of the course, as last chosen without a mistake
	noted   map[string]string
}

// lessons reads the course. A lab with a mistake is left out, or stays as it was; a choice
// of labs with a mistake is an error the first time.
func (o *ownLabs) lessons(ctx context.Context) ([]*workshop.Lesson, error) {
	if o.folders == nil {
		o.folders, o.bundled, o.noted = map[string]*labFolder{}, map[string]*workshop.Lesson{}, map[string]string{}
	}
	if err := o.readFolders(ctx); err != nil {
		return nil, err
	}
	names := []string{labName(o.lab)}
	if o.lab == "" {
		var err error
		if names, err = o.chosen(); err != nil {
			return nil, err
		}
	}
	return o.inOrder(names)
}

// readFolders reads the user's own labs that have changed.
func (o *ownLabs) readFolders(ctx context.Context) error {
	paths, err := o.paths()
	if err != nil {
		return err
	}
	before := o.folders
	o.folders = map[string]*labFolder{}
	for _, path := range paths {
		name := labName(path)
		f := before[name]
		if f == nil {
			f = &labFolder{path: path}
		}
		o.folders[name] = f
		f.read(ctx, o.builder)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if o.lab != "" && f.lesson == nil {
			return usageError{f.err}
		}
		o.note(name, f.lesson != nil, f.err)
	}
	return nil
}

// paths returns the folders of the user's own labs, sorted.
func (o *ownLabs) paths() ([]string, error) {
	switch {
	case o.lab != "":
		return []string{o.lab}, nil
	case o.dir == "":
		return nil, nil
	}
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return nil, usageError{fmt.Errorf("--labs: %w", err)}
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(o.dir, e.Name())
		if _, err := os.Stat(filepath.Join(path, "lab.md")); err == nil {
			out = append(out, path)
		}
	}
	return out, nil
}

// note says once, in one line, what is wrong with a lab or the choice of labs, and when it
// is right again.
func (o *ownLabs) note(name string, stays bool, err error) {
	text := ""
	if err != nil {
		effect := "is left out"
		if stays {
			effect = "stays as it was"
		}
		lines := mistakes(err)
		text = fmt.Sprintf("%s %s: %s", name, effect, lines[0])
		if more := len(lines) - 1; more > 0 {
			text += fmt.Sprintf(" (and %d more: bpflab labs check %s)", more, o.checkable(name))
		}
	}
	if o.noted[name] == text {
		return
	}
	o.noted[name] = text
	if text == "" {
		text = name + " is right again"
	}
	o.notes(text)
}

// checkable returns the path of a lab for `bpflab labs check`.
func (o *ownLabs) checkable(name string) string {
	if f := o.folders[name]; f != nil {
		return f.path
	}
	return o.dir
}

// chosen returns the names of the labs of the course: those of the file course.yaml, or
// all, the user's own last.
func (o *ownLabs) chosen() ([]string, error) {
	own := slices.Sorted(maps.Keys(o.folders))
	if o.dir == "" {
		return withCourse(own), nil
	}
	names, err := readChoice(o.dir, own)
	switch {
	case err == nil:
		o.names = names
	case o.names == nil:
		return nil, usageError{err}
	}
	o.note(courseFile, true, err)
	return o.names, nil
}

// readChoice returns the labs that course.yaml in a directory chooses, or all if there is
// no such file. own are those of the directory.
func readChoice(dir string, own []string) ([]string, error) {
	all := withCourse(own)
	course, err := lab.ParseCourse(os.DirFS(dir), dir, courseFile, all)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	return course.Labs, err
}

// withCourse returns the labs of the course and then the user's own.
func withCourse(own []string) []string {
	all := slices.Clone(labs.Course)
	for _, name := range own {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// labNames returns the names of the labs with paths.
func labNames(paths []string) []string {
	var out []string
	for _, path := range paths {
		out = append(out, labName(path))
	}
	return out
}

// inOrder returns the lessons with names. The user's own replaces one of the binary, and
// is left out if it could not be read.
func (o *ownLabs) inOrder(names []string) ([]*workshop.Lesson, error) {
	var out []*workshop.Lesson
	for _, name := range names {
		if f := o.folders[name]; f != nil {
			if f.lesson != nil {
				out = append(out, f.lesson)
			}
			continue
		}
		if !slices.Contains(labs.Course, name) {
			continue // its folder is gone, and course.yaml is wrong by now
		}
		if o.bundled[name] == nil {
			parsed, tree, err := open(name)
			if err != nil {
				return nil, usageError{err}
			}
			if o.bundled[name], err = workshop.NewLesson(parsed, tree); err != nil {
				return nil, err
			}
		}
		out = append(out, o.bundled[name])
	}
	return out, nil
}
