package deb

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// extraction is one package being written below root.
type extraction struct {
	root    *os.Root
	keep    func(string) string
	links   map[string]bool // paths in the package that are links
	entries int
	bytes   int64
}

func (x *extraction) entry(h *tar.Header, r io.Reader) error {
	name, err := safePath(h.Name)
	if err != nil {
		return err
	}
	if x.entries++; x.entries > maxEntries {
		return fmt.Errorf("%w: it has more than %d entries", ErrUnsafe, maxEntries)
	}
	switch h.Typeflag {
	case tar.TypeReg:
		return x.file(name, h.Size, r)
	case tar.TypeSymlink, tar.TypeLink:
		x.links[name] = true
	}
	if h.Typeflag != tar.TypeDir && x.keep(name) != "" {
		return fmt.Errorf("%w: %s is no plain file", ErrUnsafe, h.Name)
	}
	return nil
}

// safePath refuses absolute paths and those that climb.
func safePath(name string) (string, error) {
	clean := path.Clean(strings.TrimPrefix(name, "./"))
	climbs := clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains("/"+name+"/", "/../")
	if path.IsAbs(name) || climbs || strings.ContainsAny(name, "\\\x00") {
		return "", fmt.Errorf("%w: %q leads outside", ErrUnsafe, name)
	}
	return clean, nil
}

func (x *extraction) file(name string, size int64, r io.Reader) error {
	to := x.keep(name)
	if to == "" {
		return nil
	}
	if link := x.linkAbove(name); link != "" {
		return fmt.Errorf("%w: %s lies behind the link %s", ErrUnsafe, name, link)
	}
	if x.bytes += size; size < 0 || x.bytes > maxBytes {
		return fmt.Errorf("%w: it unpacks to more than %d bytes", ErrUnsafe, int64(maxBytes))
	}
	return x.write(name, to, r)
}

func (x *extraction) write(name, to string, r io.Reader) error {
	if err := x.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return err
	}
	f, err := x.root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: %s is there twice", ErrUnsafe, name)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// linkAbove returns the link of the package that name passes through, or "".
func (x *extraction) linkAbove(name string) string {
	for dir := name; dir != "."; dir = path.Dir(dir) {
		if x.links[dir] {
			return dir
		}
	}
	return ""
}
