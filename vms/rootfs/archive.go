package rootfs

import (
	"archive/tar"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/cpio"
)

// archive writes files of tar archives below Root of a cpio archive.
type archive struct {
	w     *cpio.Writer
	made  map[string]bool   // directories
	links map[string]string // symbolic links, by name
}

func newArchive(w io.Writer) (*archive, error) {
	a := &archive{w: cpio.NewWriter(w), made: map[string]bool{}, links: map[string]string{}}
	return a, a.directory("", 0o755)
}

// add adds a file of a tar archive, by a clean name that is relative. Devices, of
// which machines have their own, are left out.
func (a *archive) add(h *tar.Header, content io.Reader) error {
	name := a.resolve(h.Name)
	if name == "." || name == "" || slices.Contains(merged, name) && a.links[name] != "" {
		return nil
	}
	if err := a.parents(name); err != nil {
		return err
	}
	mode := uint32(h.Mode) & 0o7777
	switch h.Typeflag {
	case tar.TypeDir:
		return a.directory(name, mode)
	case tar.TypeReg:
		return a.w.Entry(cpio.Header{Name: inRoot(name), Mode: cpio.TypeFile | mode, Size: h.Size}, content)
	case tar.TypeSymlink:
		return a.link(name, h.Linkname)
	case tar.TypeLink:
		return a.link(name, "/"+a.resolve(strings.TrimPrefix(path.Clean("/"+h.Linkname), "/")))
	}
	return nil
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
func (a *archive) parents(name string) error {
	for i := range len(name) {
		if name[i] != '/' || a.made[name[:i]] || a.links[name[:i]] != "" {
			continue
		}
		if err := a.directory(name[:i], 0o755); err != nil {
			return err
		}
	}
	return nil
}

func (a *archive) directory(name string, mode uint32) error {
	a.made[name] = true
	return a.w.Entry(cpio.Header{Name: inRoot(name), Mode: cpio.TypeDir | mode}, nil)
}

func (a *archive) link(name, target string) error {
	a.links[name] = target
	return a.w.Link(inRoot(name), target)
}

// close ends the archive at a boundary at which another may follow.
func (a *archive) close() error {
	if err := a.w.Close(); err != nil {
		return err
	}
	return a.w.Pad(512)
}

// inRoot returns the name in the archive.
func inRoot(name string) string { return path.Join(strings.TrimPrefix(Root, "/"), name) }
