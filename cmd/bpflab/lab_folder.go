package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms/kernel"
)

// labFolder is a lab on disk, which its author may be editing.
type labFolder struct {
	path   string           // of the folder or the document
	lesson *workshop.Lesson // as last read without a mistake; nil if it never was
	err    error            // what is wrong with it now

	state string // of the files when they were last read, "" if never
}

// labName returns the name of the lab with a path, which is that of its folder.
func labName(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if filepath.Ext(path) == ".md" {
		path = filepath.Dir(path)
	}
	return filepath.Base(path)
}

// read reads the lab if it has changed, and compares it with the objects of its solution.
func (f *labFolder) read(ctx context.Context, b run.Builder) {
	parsed, tree, err := openPath(f.path)
	state := "read: " + filesState(f.path)
	if parsed != nil {
		state += parsed.SHA256
	}
	if state == f.state {
		return
	}
	if err == nil {
		err = compileLab(ctx, b, parsed, tree)
	}
	if err == nil && (f.lesson == nil || f.lesson.SHA256 != parsed.SHA256) {
		var lesson *workshop.Lesson
		if lesson, err = workshop.NewLesson(parsed, tree); err == nil {
			f.lesson = lesson
		}
	}
	f.state, f.err = state, err
}

// filesState returns a text that differs when a file beside the document was changed. A C
// file elsewhere counts by the lab's digest.
func filesState(path string) string {
	if filepath.Ext(path) == ".md" {
		path = filepath.Dir(path)
	}
	var out strings.Builder
	filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // it counts as gone
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			fmt.Fprintln(&out, name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return out.String()
}

// compileLab compiles a lab's C files, and returns the mistakes that show only beside the
// solution's objects.
func compileLab(ctx context.Context, b run.Builder, l *lab.Lab, tree run.Tree) error {
	built, err := run.Build(ctx, b, l, tree, kernel.HostArch())
	if err != nil {
		return err
	}
	objects := map[string][]byte{}
	for _, one := range built {
		objects[one.Name] = one.Object.Bytes
	}
	found, err := session.Misfits(l, objects)
	if err != nil {
		return err
	}
	return eachOnALine(found)
}

// eachOnALine returns the mistakes as one error, or nil if there are none.
func eachOnALine(found []*lab.Error) error {
	var all *multierror.Error
	for _, one := range found {
		all = multierror.Append(all, one)
	}
	if all != nil {
		all.ErrorFormat = func(errs []error) string {
			lines := make([]string, len(errs))
			for i, err := range errs {
				lines[i] = err.Error()
			}
			return strings.Join(lines, "\n")
		}
	}
	return all.ErrorOrNil()
}

// mistakes returns an error of a lab as lines that begin with a place, as far as it has
// one: file, line and column.
func mistakes(err error) []string {
	var compile *build.CompileError
	if !errors.As(err, &compile) {
		return strings.Split(strings.TrimSpace(err.Error()), "\n")
	}
	var out []string
	for _, d := range compile.Diagnostics {
		if strings.HasSuffix(d.Severity, "error") {
			out = append(out, fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, d.Text))
		}
	}
	if out == nil {
		return strings.Split(strings.TrimSpace(compile.Error()), "\n")
	}
	if compile.Hint != "" {
		out = append(out, compile.Hint)
	}
	return out
}
