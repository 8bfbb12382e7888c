// Package extract writes what untrusted archives hold: the plain files that the caller
// wants, below one directory, within limits, and nothing else: no links, no devices, no
// modes, no owners. Packages deb and rpm read their archives with it.
package extract

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// ErrUnsafe is an archive that would write where it must not, or too much.
var ErrUnsafe = errors.New("unsafe package")

// Limits of one archive. A kernel with all its modules stays far below.
const (
	MaxBytes   = 4 << 30
	maxEntries = 100_000
)

// Kind says what an entry of an archive is.
type Kind int

// Kinds of entries.
const (
	File Kind = iota
	Dir
	Link
	Other // devices, pipes and the like
)

// Entry is one entry of an archive.
type Entry struct {
	Name string
	Kind Kind
	Size int64
}

// Writer writes the files of one archive below a directory.
type Writer struct {
	root    *os.Root
	keep    func(string) string
	links   map[string]bool // paths in the archive that are links
	entries int
	bytes   int64
}

// NewWriter returns a Writer of files below dir. keep maps the path of a file in the
// archive ("boot/config-6.1") to its path below dir, or to "" to leave it out. The caller
// closes the Writer.
func NewWriter(dir string, keep func(string) string) (*Writer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Writer{root: root, keep: keep, links: map[string]bool{}}, nil
}

// Close releases the directory.
func (w *Writer) Close() error { return w.root.Close() }

// Entry writes one entry, in the order of the archive, if it is to be kept. A path that
// leaves the archive, a link in the way of a kept file, two files in one place and an
// archive over the limits are ErrUnsafe; then a part of the files has been written.
func (w *Writer) Entry(e Entry, content io.Reader) error {
	name, err := Path(e.Name)
	if err != nil {
		return err
	}
	if w.entries++; w.entries > maxEntries {
		return fmt.Errorf("%w: it has more than %d entries", ErrUnsafe, maxEntries)
	}
	switch e.Kind {
	case File:
		return w.file(name, e.Size, content)
	case Link:
		w.links[name] = true
	}
	if e.Kind != Dir && w.keep(name) != "" {
		return fmt.Errorf("%w: %s is no plain file", ErrUnsafe, e.Name)
	}
	return nil
}

// Path returns the path of an entry relative to its archive, and refuses absolute ones and
// those that climb.
func Path(name string) (string, error) {
	clean := path.Clean(strings.TrimPrefix(name, "./"))
	climbs := clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains("/"+name+"/", "/../")
	if path.IsAbs(name) || climbs || strings.ContainsAny(name, "\\\x00") {
		return "", fmt.Errorf("%w: %q leads outside", ErrUnsafe, name)
	}
	return clean, nil
}

func (w *Writer) file(name string, size int64, content io.Reader) error {
	to := w.keep(name)
	if to == "" {
		return nil
	}
	if link := w.linkAbove(name); link != "" {
		return fmt.Errorf("%w: %s lies behind the link %s", ErrUnsafe, name, link)
	}
	if w.bytes += size; size < 0 || w.bytes > MaxBytes {
		return fmt.Errorf("%w: it unpacks to more than %d bytes", ErrUnsafe, int64(MaxBytes))
	}
	return w.write(name, to, content)
}

func (w *Writer) write(name, to string, content io.Reader) error {
	if err := w.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return err
	}
	f, err := w.root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: %s is there twice", ErrUnsafe, name)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// linkAbove returns the link of the archive that name passes through, or "".
func (w *Writer) linkAbove(name string) string {
	for dir := name; dir != "."; dir = path.Dir(dir) {
		if w.links[dir] {
			return dir
		}
	}
	return ""
}
