// Package deb reads Debian packages as what they are to us: untrusted
// archives. Extract writes the regular files the caller wants, below one
// directory, within limits, and nothing else: no links, no devices, no modes,
// no owners.
package deb

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"
)

// Errors of a package that is not what it should be.
var (
	ErrFormat = errors.New("no Debian package")
	ErrUnsafe = errors.New("unsafe package")
)

// Limits of one package. A kernel with all its modules stays far below.
const (
	maxBytes   = 4 << 30
	maxEntries = 100_000
)

// Extract writes files of the package at name below dir. keep maps the path
// of a file in the package ("boot/config-6.1") to its path below dir, or to ""
// to leave it out. A path that leaves the package, a link in the way of a
// kept file, two files in one place and a package over the limits are
// ErrUnsafe; then dir holds a part of the files.
func Extract(ctx context.Context, name, dir string, keep func(string) string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	x := &extraction{root: root, keep: keep, links: map[string]bool{}}
	err = walk(name, "data.tar", func(h *tar.Header, r io.Reader) error {
		return errors.Join(ctx.Err(), x.entry(h, r))
	})
	return inPackage(name, err)
}

// Walk calls visit for each entry of the package's data, in its order, with a name
// that is relative and does not climb; those of links are as they are. An entry whose
// name leads outside is ErrUnsafe.
func Walk(ctx context.Context, name string, visit func(h *tar.Header, content io.Reader) error) error {
	return inPackage(name, walk(name, "data.tar", func(h *tar.Header, r io.Reader) error {
		clean, err := safePath(h.Name)
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

func decompress(suffix string, r io.Reader) (io.Reader, error) {
	switch suffix {
	case "":
		return r, nil
	case ".gz":
		return gzip.NewReader(r)
	case ".xz":
		return xz.NewReader(r, 0)
	case ".zst":
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	case ".bz2":
		return bzip2.NewReader(r), nil
	}
	return nil, fmt.Errorf("compression %q is not supported", suffix)
}
