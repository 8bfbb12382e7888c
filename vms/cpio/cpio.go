// Package cpio writes archives in the newc format, which Linux unpacks when it boots
// (Documentation/driver-api/early-userspace/buffer-format.rst). The bytes depend on
// nothing but the entries and their order: owner, group and time are zero.
//
// It is here because the libraries that write the format leave out the numbers of
// devices, without which there is no console.
package cpio

import (
	"fmt"
	"io"
	"strings"
)

// Types of files, the upper bits of Header.Mode, as in stat(2).
const (
	TypeDir    = 0o040000
	TypeFile   = 0o100000
	TypeLink   = 0o120000
	TypeDevice = 0o020000 // a character device
)

// MaxSize is the size of the largest file an archive can hold, in bytes.
const MaxSize = 1<<32 - 1

// Header describes an entry.
type Header struct {
	Name   string // without a leading slash
	Mode   uint32 // type and permissions
	Size   int64
	Device [2]uint32 // major and minor number of a device
}

// Writer writes an archive as it is filled. After an error it does nothing more.
type Writer struct {
	to    io.Writer
	at    int64
	inode uint32
	err   error
}

// NewWriter returns a Writer to w, which it does not buffer.
func NewWriter(w io.Writer) *Writer { return &Writer{to: w} }

// Entry writes an entry with content, of which there must be h.Size bytes; nil is none.
// The error is the first one of the writer.
func (w *Writer) Entry(h Header, content io.Reader) error {
	if w.err == nil && (h.Size < 0 || h.Size > MaxSize) {
		w.err = fmt.Errorf("%s has %d bytes, and a file of an archive at most %d", h.Name, h.Size, int64(MaxSize))
	}
	w.inode++
	w.header(w.inode, h)
	if content != nil {
		w.content(h, content)
	}
	return w.err
}

// Link writes a symbolic link.
func (w *Writer) Link(name, target string) error {
	return w.Entry(Header{Name: name, Mode: TypeLink | 0o777, Size: int64(len(target))}, strings.NewReader(target))
}

// Close writes the end of the archive. It does not close the writer below.
func (w *Writer) Close() error {
	w.header(0, Header{Name: "TRAILER!!!"})
	return w.err
}

// Pad writes zeros up to the next multiple of size, as must be between two archives in
// one file.
func (w *Writer) Pad(size int64) error {
	if rest := w.at % size; rest != 0 {
		w.write(make([]byte, size-rest))
	}
	return w.err
}

// header writes the fields, and the name with its NUL, up to a multiple of 4 bytes.
func (w *Writer) header(inode uint32, h Header) {
	head := []byte("070701")
	for _, field := range []uint32{inode, h.Mode, 0, 0, 1, 0, uint32(h.Size), 0, 0, h.Device[0], h.Device[1], uint32(len(h.Name) + 1), 0} {
		head = fmt.Appendf(head, "%08X", field)
	}
	w.write(append(append(head, h.Name...), 0))
	w.Pad(4)
}

func (w *Writer) content(h Header, from io.Reader) {
	if w.err != nil {
		return
	}
	n, err := io.Copy(w.to, io.LimitReader(from, h.Size+1))
	w.at += n
	if err == nil && n != h.Size {
		err = fmt.Errorf("%s changed while it was read", h.Name)
	}
	w.err = err
	w.Pad(4)
}

func (w *Writer) write(b []byte) {
	if w.err != nil {
		return
	}
	n, err := w.to.Write(b)
	w.at += int64(n)
	w.err = err
}
