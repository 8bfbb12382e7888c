package rootfs

import (
	"archive/tar"
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// archive writes a cpio archive in the newc format of Linux's
// Documentation/driver-api/early-userspace/buffer-format.rst, as it is filled.
type archive struct {
	w     *bufio.Writer
	at    int64
	inode uint32
	made  map[string]bool   // directories
	links map[string]string // symbolic links, by name
	err   error
}

// Types of files, as in stat(2).
const (
	typeDir  = 0o040000
	typeFile = 0o100000
	typeLink = 0o120000
)

func newArchive(w io.Writer) *archive {
	a := &archive{w: bufio.NewWriterSize(w, 1<<20), made: map[string]bool{}, links: map[string]string{}}
	a.directory("", 0o755)
	return a
}

// add adds a file of a tar archive, by a clean name that is relative. Devices, of
// which machines have their own, are left out.
func (a *archive) add(h *tar.Header, content io.Reader) error {
	name := a.resolve(h.Name)
	if name == "." || name == "" || slices.Contains(merged, name) && a.links[name] != "" {
		return a.err
	}
	a.parents(name)
	mode := uint32(h.Mode) & 0o7777
	switch h.Typeflag {
	case tar.TypeDir:
		a.directory(name, mode)
	case tar.TypeReg:
		if h.Size >= 1<<32 {
			return fmt.Errorf("%s is larger than 4 GiB", h.Name)
		}
		a.header(name, typeFile|mode, h.Size)
		a.copy(content, h.Size)
	case tar.TypeSymlink:
		a.link(name, h.Linkname)
	case tar.TypeLink:
		a.link(name, "/"+a.resolve(strings.TrimPrefix(path.Clean("/"+h.Linkname), "/")))
	}
	return a.err
}

// resolve follows the links among a name's directories that the archive itself has
// at its top.
func (a *archive) resolve(name string) string {
	first, rest, deep := strings.Cut(name, "/")
	if target := a.links[first]; target != "" && deep && slices.Contains(merged, first) {
		return path.Join(target, rest)
	}
	return name
}

// parents adds the directories above a name.
func (a *archive) parents(name string) {
	for i := range len(name) {
		if name[i] == '/' && !a.made[name[:i]] && a.links[name[:i]] == "" {
			a.directory(name[:i], 0o755)
		}
	}
}

func (a *archive) directory(name string, mode uint32) {
	a.made[name] = true
	a.header(name, typeDir|mode, 0)
}

func (a *archive) link(name, target string) {
	a.links[name] = target
	a.header(name, typeLink|0o777, int64(len(target)))
	a.copy(strings.NewReader(target), int64(len(target)))
}

// header writes the header of an entry; its content must follow.
func (a *archive) header(name string, mode uint32, size int64) {
	a.entry(path.Join(strings.TrimPrefix(Root, "/"), name), mode, size)
}

func (a *archive) entry(name string, mode uint32, size int64) {
	a.inode++
	head := []byte("070701")
	for _, field := range []uint32{a.inode, mode, 0, 0, 1, 0, uint32(size), 0, 0, 0, 0, uint32(len(name) + 1), 0} {
		head = fmt.Appendf(head, "%08X", field)
	}
	a.write(append(append(head, name...), 0))
	a.pad(4)
}

func (a *archive) copy(content io.Reader, size int64) {
	if a.err != nil || size == 0 {
		return
	}
	n, err := io.CopyN(a.w, content, size)
	a.at += n
	a.err = err
	a.pad(4)
}

func (a *archive) write(b []byte) {
	if a.err != nil {
		return
	}
	n, err := a.w.Write(b)
	a.at += int64(n)
	a.err = err
}

func (a *archive) pad(to int64) {
	for a.err == nil && a.at%to != 0 {
		a.write([]byte{0})
	}
}

// close ends the archive.
func (a *archive) close() error {
	a.entry("TRAILER!!!", 0, 0)
	a.pad(512)
	if a.err != nil {
		return a.err
	}
	return a.w.Flush()
}
