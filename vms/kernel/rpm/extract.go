package rpm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cavaliergopher/cpio"

	"github.com/bpflab/bpflab/vms/kernel/extract"
)

// Extract writes files of the payload below dir, as extract.Writer does.
func (p *Package) Extract(ctx context.Context, dir string, keep func(string) string) error {
	err := p.extract(ctx, dir, keep)
	if err != nil {
		err = fmt.Errorf("package %s: %w", p.file, err)
	}
	return err
}

func (p *Package) extract(ctx context.Context, dir string, keep func(string) string) error {
	if size := p.installedSize(); size > extract.MaxBytes {
		return fmt.Errorf("%w: its header says that it unpacks to %d bytes", extract.ErrUnsafe, size)
	}
	w, err := extract.NewWriter(dir, keep)
	if err != nil {
		return err
	}
	defer w.Close()
	f, err := p.open()
	if err != nil {
		return err
	}
	defer f.Close()
	archive, err := p.decompress(f)
	if err != nil {
		return err
	}
	x := extraction{w, cpio.NewReader(archive), keep, map[int64][]string{}}
	return x.run(ctx)
}

// decompress returns the cpio archive.
func (p *Package) decompress(r io.Reader) (io.Reader, error) {
	if format := p.header.text(tagFormat); format != "cpio" {
		return nil, fmt.Errorf("%w: its payload is of the format %q, not cpio", ErrFormat, format)
	}
	method := p.header.text(tagCompressor)
	if method == "" {
		method = "gzip" // of packages older than the tag
	}
	if method == "none" || method == "identity" {
		method = ""
	}
	unpacked, err := extract.Decompress(method, bufio.NewReaderSize(r, 1<<18))
	if err != nil {
		return nil, fmt.Errorf("%w: payload: %w", ErrFormat, err)
	}
	return whole{bufio.NewReaderSize(unpacked, 1<<18)}, nil
}

// extraction is one payload being written.
type extraction struct {
	writer  *extract.Writer
	archive *cpio.Reader
	keep    func(string) string
	linked  map[int64][]string // hard-linked files that came without content, by inode
}

func (x *extraction) run(ctx context.Context) error {
	for {
		h, err := x.archive.Next()
		if err == io.EOF {
			return ctx.Err()
		}
		if err != nil && !errors.Is(err, extract.ErrUnsafe) {
			err = fmt.Errorf("%w: payload: %w", ErrFormat, err)
		}
		if err == nil {
			err = errors.Join(ctx.Err(), x.entry(h))
		}
		if err != nil {
			return err
		}
	}
}

// entry writes one entry. Of files that are hard links to each other only the last has the
// content; it is written under the first name that is kept.
func (x *extraction) entry(h *cpio.Header) error {
	e := entryOf(h)
	if e.Kind != extract.File || h.Links < 2 {
		return x.writer.Entry(e, x.archive)
	}
	if h.Size == 0 {
		x.linked[h.Inode] = append(x.linked[h.Inode], h.Name)
		return nil
	}
	for _, name := range append(x.linked[h.Inode], h.Name) {
		if clean, err := extract.Path(name); err != nil || x.keep(clean) != "" {
			e.Name = name
			break
		}
	}
	return x.writer.Entry(e, x.archive)
}

func entryOf(h *cpio.Header) extract.Entry {
	e := extract.Entry{Name: h.Name, Kind: extract.Other, Size: h.Size}
	switch h.Mode & cpio.ModeType {
	case cpio.TypeReg:
		e.Kind = extract.File
	case cpio.TypeDir:
		e.Kind = extract.Dir
	case cpio.TypeSymlink:
		e.Kind = extract.Link
	}
	return e
}

// whole is a reader of an archive that has an end of its own: to come to the reader's first
// is an error, which package cpio would take for the archive's.
type whole struct{ from io.Reader }

func (w whole) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
