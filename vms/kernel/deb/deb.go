// Package deb reads Debian packages as what they are to us: untrusted archives, which
// package extract unpacks.
package deb

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel/extract"
)

// Errors of a package that is not what it should be.
var (
	ErrFormat = errors.New("no Debian package")
	ErrUnsafe = extract.ErrUnsafe
)

// Extract writes files of the package at name below dir. keep maps the path
// of a file in the package ("boot/config-6.1") to its path below dir, or to ""
// to leave it out. A path that leaves the package, a link in the way of a
// kept file, two files in one place and a package over the limits are
// ErrUnsafe; then dir holds a part of the files.
func Extract(ctx context.Context, name, dir string, keep func(string) string) error {
	w, err := extract.NewWriter(dir, keep)
	if err != nil {
		return err
	}
	defer w.Close()
	err = walk(name, "data.tar", func(h *tar.Header, r io.Reader) error {
		return errors.Join(ctx.Err(), w.Entry(entryOf(h), r))
	})
	return inPackage(name, err)
}

func entryOf(h *tar.Header) extract.Entry {
	e := extract.Entry{Name: h.Name, Kind: extract.Other, Size: h.Size}
	switch h.Typeflag {
	case tar.TypeReg:
		e.Kind = extract.File
	case tar.TypeDir:
		e.Kind = extract.Dir
	case tar.TypeSymlink, tar.TypeLink:
		e.Kind = extract.Link
	}
	return e
}

// Walk calls visit for each entry of the package's data, in its order, with a name
// that is relative and does not climb; those of links are as they are. An entry whose
// name leads outside is ErrUnsafe.
func Walk(ctx context.Context, name string, visit func(h *tar.Header, content io.Reader) error) error {
	return inPackage(name, walk(name, "data.tar", func(h *tar.Header, r io.Reader) error {
		clean, err := extract.Path(h.Name)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		h.Name = clean
		return visit(h, r)
	}))
}

// Control returns the fields of the package's control file that are on one
// line: Package, Version, Architecture and so on.
func Control(name string) (map[string]string, error) {
	fields := map[string]string{}
	err := walk(name, "control.tar", func(h *tar.Header, r io.Reader) error {
		if path.Clean(h.Name) != "control" {
			return nil
		}
		lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
		for lines.Scan() {
			if key, value, ok := strings.Cut(lines.Text(), ":"); ok && !strings.HasPrefix(key, " ") {
				fields[key] = strings.TrimSpace(value)
			}
		}
		return lines.Err()
	})
	if err == nil && fields["Package"] == "" {
		err = fmt.Errorf("%w: it has no control file", ErrFormat)
	}
	return fields, inPackage(name, err)
}

func inPackage(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("package %s: %w", name, err)
}

// walk calls visit for each entry of the tar archive in the package whose
// name begins with prefix.
func walk(name, prefix string, visit func(*tar.Header, io.Reader) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	archive, err := open(f, prefix)
	if err != nil {
		return err
	}
	for {
		h, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		if err := visit(h, archive); err != nil {
			return err
		}
	}
}

// open finds and unpacks the member whose name begins with prefix.
func open(f *os.File, prefix string) (*tar.Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	all, err := members(f, info.Size())
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if suffix, ok := strings.CutPrefix(m.name, prefix); ok {
			r, err := decompress(suffix, bufio.NewReaderSize(m.data, 1<<18))
			if err != nil {
				return nil, fmt.Errorf("%w: %s: %w", ErrFormat, m.name, err)
			}
			return tar.NewReader(r), nil
		}
	}
	return nil, fmt.Errorf("%w: it has no %s", ErrFormat, prefix)
}

// methods are the compressions of a member by the end of its name.
var methods = map[string]string{"": "", ".gz": "gzip", ".xz": "xz", ".zst": "zstd", ".bz2": "bzip2"}

func decompress(suffix string, r io.Reader) (io.Reader, error) {
	method, ok := methods[suffix]
	if !ok {
		return nil, fmt.Errorf("compression %q is not supported", suffix)
	}
	return extract.Decompress(method, r)
}
