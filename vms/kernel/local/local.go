// Package local recognises kernels that the user has: a boot image of any architecture
// that package bootimage knows, a vmlinux or a .deb. It only looks; the store keeps.
package local

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/bootimage"
	"github.com/bpflab/bpflab/vms/kernel/deb"
)

// Kind says what a file is.
type Kind string

// Kinds of files that hold a kernel, besides the formats of bootimage.
const (
	BzImage = Kind(bootimage.BzImage)
	Vmlinux = Kind(bootimage.ELF)
	Deb     = Kind("deb")
)

// Kernel is a file that holds a kernel.
type Kernel struct {
	Kind    Kind
	Path    string
	Arch    kernel.Arch    // "" means AMD64
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
	errNoKernel  = errors.New("no kernel: want a bzImage (arch/x86/boot/bzImage, /boot/vmlinuz-*), an Image (arch/arm64/boot/Image), an ELF vmlinux or a .deb with one")
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
	}
	boot, err := bootimage.Recognise(f, size)
	if err != nil {
		return Kernel{}, plainly(err)
	}
	k := Kernel{Kind: Kind(boot.Format), Path: f.Name(), Arch: kernel.Arch(boot.Arch).OrZero(), Package: filepath.Base(f.Name())}
	release, err := releaseOf(f, size, boot)
	if err != nil {
		return Kernel{}, errors.Join(errNoKernel, err)
	}
	return with(k, release)
}

// plainly drops the reason where the file is plainly something else.
func plainly(err error) error {
	if errors.Is(err, bootimage.ErrUnknown) {
		return errNoKernel
	}
	return err
}

// releaseOf reads the release that is in a kernel's file.
func releaseOf(f *os.File, size int64, boot bootimage.Head) (string, error) {
	switch {
	case boot.Format == bootimage.BzImage:
		image, err := bootimage.Read(f, size)
		if err != nil {
			return "", err
		}
		return image.Release(), nil
	case boot.Bootable():
		content, err := os.ReadFile(f.Name())
		return bootimage.Release(content), err
	}
	var unpacked bytes.Buffer
	err := boot.Unpack(f, size, &unpacked)
	return bootimage.Release(unpacked.Bytes()), err
}

// lookDeb reads the release off the package's name, where kernel packages
// have it; unpacking shows whether that is true.
func lookDeb(path string) (Kernel, error) {
	fields, err := deb.Control(path)
	if err != nil {
		return Kernel{}, err
	}
	arch, err := kernel.ParseArch(cmp.Or(fields["Architecture"], string(kernel.AMD64)))
	if err != nil {
		return Kernel{}, fmt.Errorf("package %s: its architecture %w", fields["Package"], err)
	}
	k := Kernel{Kind: Deb, Path: path, Arch: arch.OrZero(), Package: fields["Package"], PkgVer: fields["Version"]}
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
