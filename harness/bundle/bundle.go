// Package bundle collects the files that a command needs in a machine: programs with
// their shared libraries, scripts with their interpreters, directories. Each goes
// where it lies on this host, so that a command finds in a machine what it would
// find here.
//
// A Files is made, filled and written as a tar archive. The archive's bytes depend on
// the files' names, modes and contents alone.
package bundle

import (
	"archive/tar"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Files are files of this host, by their names in a machine. The zero value is none.
type Files struct {
	// Rootfs is set for machines with a root file system of their own: programs go there without
	// libraries and interpreters.
	Rootfs bool

	entries map[string]entry
}

// entry is a file, a directory or a symbolic link.
type entry struct {
	path string // on this host, "" where data is the content
	data []byte
	mode fs.FileMode
	size int64
	link string
}

// kernels is what every machine has of its own.
var kernels = []string{"/proc", "/sys", "/dev"}

// Add adds a file, or a directory with all in it, under its own absolute name. A
// symbolic link that is named itself is followed, those within a directory are kept.
// Sockets and devices are left out.
func (f *Files) Add(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return f.AddAs(path, abs)
}

// AddAs adds a file or directory under another name, an absolute one.
func (f *Files) AddAs(path, name string) error {
	for _, k := range kernels {
		if name == k || strings.HasPrefix(name, k+"/") {
			return fmt.Errorf("%s: a machine has a %s of its own", path, k)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return f.add(path, name, info)
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	return filepath.WalkDir(real, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(real, at)
		if err != nil {
			return err
		}
		if mode := info.Mode(); !mode.IsRegular() && !mode.IsDir() && mode.Type() != fs.ModeSymlink {
			return nil
		}
		return f.add(at, filepath.Join(name, rel), info)
	})
}

func (f *Files) add(path, name string, info fs.FileInfo) error {
	e := entry{path: path, mode: info.Mode()}
	switch {
	case info.Mode().IsRegular():
		e.size = info.Size()
	case info.Mode().Type() == fs.ModeSymlink:
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		e.link = target
	case !info.IsDir():
		return fmt.Errorf("%s is neither a file nor a directory", path)
	}
	if f.entries == nil {
		f.entries = map[string]entry{}
	}
	f.entries[filepath.ToSlash(name)] = e
	return nil
}

// Mkdir adds an empty directory.
func (f *Files) Mkdir(name string) {
	if f.entries == nil {
		f.entries = map[string]entry{}
	}
	if _, there := f.entries[name]; !there {
		f.entries[name] = entry{mode: fs.ModeDir | 0o755}
	}
}

// AddContent adds a file that this host need not have.
func (f *Files) AddContent(name string, data []byte) {
	f.Mkdir(filepath.ToSlash(filepath.Dir(name)))
	f.entries[name] = entry{data: data, mode: 0o644, size: int64(len(data))}
}

// Has reports whether there is a file of this name.
func (f *Files) Has(name string) bool { _, ok := f.entries[name]; return ok }

// Paths returns the files of this host, sorted.
func (f *Files) Paths() (all []string) {
	for _, e := range f.entries {
		if e.path != "" && !e.mode.IsDir() {
			all = append(all, e.path)
		}
	}
	slices.Sort(all)
	return all
}

// Size returns the size of all contents, in bytes.
func (f *Files) Size() int64 {
	var sum int64
	for _, e := range f.entries {
		sum += e.size
	}
	return sum
}

// Largest returns the name of the largest file and its size in bytes.
func (f *Files) Largest() (name string, size int64) {
	for n, e := range f.entries {
		if e.size > size || e.size == size && n < name {
			name, size = n, e.size
		}
	}
	return name, size
}

// Tar writes the archive, its names sorted and without a leading slash. A file that
// has changed its size since it was added is an error.
func (f *Files) Tar(w io.Writer) error {
	tw := tar.NewWriter(w)
	for _, name := range slices.SortedFunc(maps.Keys(f.entries), cmp.Compare[string]) {
		if err := f.entries[name].write(tw, name); err != nil {
			return fmt.Errorf("bundle %s: %w", name, err)
		}
	}
	return tw.Close()
}

func (e entry) write(w *tar.Writer, name string) error {
	h := &tar.Header{Name: strings.TrimPrefix(name, "/"), Mode: int64(e.mode.Perm()), ModTime: time.Unix(0, 0)}
	switch {
	case e.mode.IsDir():
		h.Typeflag = tar.TypeDir
	case e.link != "":
		h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
	default:
		h.Typeflag, h.Size = tar.TypeReg, e.size
	}
	if err := w.WriteHeader(h); err != nil || h.Typeflag != tar.TypeReg {
		return err
	}
	if e.path == "" {
		_, err := w.Write(e.data)
		return err
	}
	in, err := os.Open(e.path)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.CopyN(w, in, e.size)
	return err
}

// Empty reports whether there is nothing to carry.
func (f *Files) Empty() bool { return len(f.entries) == 0 }
