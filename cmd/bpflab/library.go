package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/bpf"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/labs"
)

// course is the tree of the labs that the binary carries, laid out as in the
// repository: labs/NAME/lab.md and bpf/.
type course struct{}

func (course) Open(name string) (fs.File, error) {
	top, rest, _ := strings.Cut(name, "/")
	switch {
	case top == "labs" && rest != "":
		return labs.FS.Open(rest)
	case top == "bpf" && rest != "":
		return bpf.FS.Open(rest)
	case top == "labs":
		return labs.FS.Open(".")
	case top == "bpf":
		return bpf.FS.Open(".")
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// directory is the tree of a user's lab document. Headers of the course are
// at hand there too, where bpf/include would be.
type directory struct{ fs.FS }

func (d directory) Open(name string) (fs.File, error) {
	f, err := d.FS.Open(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if _, rest, ok := strings.Cut("/"+name, "/bpf/include"); ok {
		if f, err := bpf.FS.Open(path.Join("include", rest)); err == nil {
			return f, nil
		}
	}
	return nil, err
}

// library finds labs by name in the binary and by path on disk, and remembers
// where each came from.
type library struct {
	trees map[*lab.Lab]run.Tree
	files map[*lab.Lab]string // absolute paths of those that are not of the course
}

// named reads the named labs, or all of the course. Errors are usage errors.
func (l *library) named(names []string, all bool) ([]*lab.Lab, error) {
	if !all {
		return l.find(names)
	}
	labs, err := lab.All(course{})
	if err != nil {
		return nil, err
	}
	for _, one := range labs {
		names = append(names, one.Name)
	}
	return l.find(names)
}

// find reads the named labs. A name with a slash or of an existing file is a
// path to a document or to its folder. Errors are usage errors.
func (l *library) find(names []string) ([]*lab.Lab, error) {
	l.trees, l.files = map[*lab.Lab]run.Tree{}, map[*lab.Lab]string{}
	var out []*lab.Lab
	for _, name := range names {
		parsed, tree, err := open(name)
		if err != nil {
			return nil, usageError{err}
		}
		l.trees[parsed] = tree
		if !embedded(name) {
			if l.files[parsed], err = filepath.Abs(name); err != nil {
				return nil, err
			}
		}
		out = append(out, parsed)
	}
	return out, nil
}

func (l *library) tree(of *lab.Lab) run.Tree { return l.trees[of] }

// embedded reports whether a name is that of a lab of the course, not a path.
func embedded(name string) bool {
	return !strings.ContainsRune(name, '/') && filepath.Ext(name) != ".md" && name != "." && name != ".."
}

func open(name string) (*lab.Lab, run.Tree, error) {
	if embedded(name) {
		tree := run.Tree{FS: course{}}
		found, err := lab.Find(tree.FS, []string{name})
		if err != nil {
			return nil, tree, err
		}
		return found[0], tree, nil
	}
	return openPath(name)
}

// openPath reads a document on disk. Its tree is the working directory if it
// lies there, else the whole file system, because a lab may name C files
// above its own folder.
func openPath(name string) (*lab.Lab, run.Tree, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, "lab.md")
	}
	root, file, err := rootOf(name)
	if err != nil {
		return nil, run.Tree{}, err
	}
	tree := run.Tree{FS: directory{os.DirFS(root)}}
	if root == "/" {
		tree.Root = "/"
	}
	parsed, err := lab.ParseIn(tree.FS, tree.Root, filepath.ToSlash(file))
	return parsed, tree, err
}

// rootOf splits a path into a tree's root and the file in it. A document in
// the working directory itself needs a root further up: its folder's name is
// the lab's.
func rootOf(name string) (root, file string, err error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", "", err
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", "", err
	}
	if rel, err := filepath.Rel(cwd, abs); err == nil && filepath.IsLocal(rel) && filepath.Dir(rel) != "." {
		return cwd, rel, nil
	}
	return "/", strings.TrimPrefix(abs, "/"), nil
}
