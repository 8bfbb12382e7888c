// Package local recognises kernels that the user has: a bzImage, a vmlinux or
// a .deb. It only looks; the store keeps.
package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/bzimage"
	"github.com/bpflab/bpflab/vms/kernel/deb"
)

// Kind says what a file is.
type Kind string

// Kinds of files that hold a kernel.
const (
	BzImage Kind = "bzImage"
	Vmlinux Kind = "vmlinux"
	Deb     Kind = "deb"
)

// Kernel is a file that holds a kernel.
type Kernel struct {
	Kind    Kind
	Path    string
	Release string         // what uname -r will say
	Version kernel.Version // upstream
	Package string         // the .deb's package, else the file's name
	PkgVer  string         // the .deb's version, else ""
}

// Error is a file, directory or name that cannot be imported: the user's to
// correct.
type Error struct {
	Path string
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

var (
	errNoKernel  = errors.New("no kernel: want a bzImage (arch/x86/boot/bzImage, /boot/vmlinuz-*), an ELF vmlinux or a .deb with one")
	errNoRelease = errors.New("a kernel image without a version in it; was it stripped?")
)

// maxKernel caps what is read as a kernel; a vmlinux with debug symbols has
// some 600 MB.
const maxKernel = 1 << 30

// Look returns the kernel that the file at path holds. Errors are *Error.
func Look(path string) (Kernel, error) {
	k, err := look(path)
	if err != nil {
		return k, &Error{path, bare(err)}
	}
	return k, nil
}

func look(path string) (Kernel, error) {
	f, err := os.Open(path)
	if err != nil {
		return Kernel{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return Kernel{}, err
	case !info.Mode().IsRegular():
		return Kernel{}, fmt.Errorf("no plain file; %w", errNoKernel)
	case info.Size() > maxKernel:
		return Kernel{}, fmt.Errorf("%d bytes are too large for a kernel", info.Size())
	}
	return recognise(f, info.Size())
}

// recognise goes by the first bytes.
func recognise(f *os.File, size int64) (Kernel, error) {
	head := make([]byte, 8)
	n, _ := f.ReadAt(head, 0)
	switch {
	case strings.HasPrefix(string(head[:n]), "!<arch>\n"):
		return lookDeb(f.Name())
	case strings.HasPrefix(string(head[:n]), "\x7fELF"):
		return lookVmlinux(f)
	}
	image, err := bzimage.Read(f, size)
	if err != nil {
		return Kernel{}, errors.Join(errNoKernel, hide(err))
	}
	return with(Kernel{Kind: BzImage, Path: f.Name(), Package: filepath.Base(f.Name())}, image.Release())
}

// hide drops the reason where the file is plainly something else.
func hide(err error) error {
	if strings.Contains(err.Error(), "boot header") || strings.Contains(err.Error(), "bytes long") {
		return nil
	}
	return err
}

func lookVmlinux(f *os.File) (Kernel, error) {
	if _, err := bzimage.HasPVH(f); err != nil {
		return Kernel{}, err
	}
	content, err := os.ReadFile(f.Name())
	if err != nil {
		return Kernel{}, err
	}
	return with(Kernel{Kind: Vmlinux, Path: f.Name(), Package: filepath.Base(f.Name())}, bzimage.Release(content))
}

// lookDeb reads the release off the package's name, where kernel packages
// have it; unpacking shows whether that is true.
func lookDeb(path string) (Kernel, error) {
	fields, err := deb.Control(path)
	if err != nil {
		return Kernel{}, err
	}
	k := Kernel{Kind: Deb, Path: path, Package: fields["Package"], PkgVer: fields["Version"]}
	for _, prefix := range []string{"linux-image-unsigned-", "linux-image-", "linux-binary-"} {
		if release, ok := strings.CutPrefix(k.Package, prefix); ok {
			release = strings.TrimSuffix(release, "-unsigned")
			return withPackage(k, release)
		}
	}
	return k, fmt.Errorf("package %s: %w", k.Package, errNoKernel)
}

// withPackage prefers the version of the package: the release of Debian's
// older kernels (6.1.0-56) has no patch level.
func withPackage(k Kernel, release string) (Kernel, error) {
	k, err := with(k, release)
	if v, verr := kernel.ParseVersion(k.PkgVer); err == nil && verr == nil && v.Series() == k.Version.Series() {
		k.Version = v
	}
	return k, err
}

func with(k Kernel, release string) (Kernel, error) {
	if release == "" {
		return k, errNoRelease
	}
	v, err := kernel.ParseVersion(release)
	k.Release, k.Version = release, v
	return k, err
}

// bare takes the path off an error of the file system: Error has it already.
func bare(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
