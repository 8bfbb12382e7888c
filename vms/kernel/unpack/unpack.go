// Package unpack lays a kernel out in a directory, the same way whatever it
// came from:
//
//	vmlinuz              the bzImage, if there is one; of other architectures what QEMU boots
//	vmlinux              the ELF kernel; of x86-64 unpacked from the bzImage where possible
//	config               its .config, if known
//	lib/modules/RELEASE  its modules, as the package has them
package unpack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/bootimage"
	"github.com/bpflab/bpflab/vms/kernel/deb"
	"github.com/bpflab/bpflab/vms/kernel/rpm"
)

// Names in the directory.
const (
	vmlinuz = "vmlinuz"
	vmlinux = "vmlinux"
	config  = "config"
	modules = "lib/modules"
)

// ErrNoKernel is a package, or a set of them, without a kernel image.
var ErrNoKernel = errors.New("there is no kernel image in it")

// Packages lays out the kernel that the packages hold together, which are Debian's or RPM.
// The result's paths are relative to dir.
func Packages(ctx context.Context, packages []string, dir string) (kernel.Image, error) {
	for _, name := range packages {
		if err := extractPackage(ctx, name, dir); err != nil {
			return kernel.Image{}, err
		}
	}
	image, err := finish(dir)
	if errors.Is(err, ErrNoKernel) {
		err = fmt.Errorf("%s: %w", strings.Join(baseNames(packages), ", "), err)
	}
	return image, err
}

func extractPackage(ctx context.Context, name, dir string) error {
	if !rpm.Is(name) {
		return deb.Extract(ctx, name, dir, wanted)
	}
	p, err := rpm.Open(name)
	if err != nil {
		return err
	}
	return p.Extract(ctx, dir, once(wanted))
}

// once returns a keep that takes the image and the configuration of a release a single time:
// some vendors have them in /boot and beside the modules. It has no say in what is there
// twice under one name or of two releases.
func once(keep func(string) string) func(string) string {
	first := map[string]string{}
	return func(name string) string {
		to := keep(name)
		if to != vmlinuz && to != config {
			return to
		}
		taken, again := first[to]
		if again && taken != name && releaseOf(taken) == releaseOf(name) {
			return ""
		}
		first[to] = name
		return to
	}
}

// releaseOf returns the release in the path of an image or a configuration.
func releaseOf(name string) string {
	if file, ok := strings.CutPrefix(name, "boot/"); ok {
		_, release, _ := strings.Cut(file, "-")
		return release
	}
	return path.Base(path.Dir(name))
}

// Files lays out a kernel's file and, if moduleDir is not "", the modules
// there, whose last path element is their release.
func Files(ctx context.Context, kernelFile, moduleDir, dir string) (kernel.Image, error) {
	if err := copyFile(kernelFile, filepath.Join(dir, vmlinuz)); err != nil {
		return kernel.Image{}, err
	}
	if moduleDir != "" {
		to := filepath.Join(dir, modules, filepath.Base(moduleDir))
		if err := copyTree(ctx, moduleDir, to); err != nil {
			return kernel.Image{}, err
		}
	}
	return finish(dir)
}

// wanted maps paths in a kernel package to those of the layout. Since 6.19 Debian's image
// and configuration lie beside the modules instead of in boot, as those of RPM packages. There
// the modules' directory has links to the kernel's source, too.
func wanted(name string) string {
	if file, ok := strings.CutPrefix(name, "boot/"); ok {
		return wantedOfBoot(file)
	}
	rest, ok := strings.CutPrefix(strings.TrimPrefix(name, "usr/"), modules+"/")
	if !ok {
		return ""
	}
	switch _, file, _ := strings.Cut(rest, "/"); {
	case file == vmlinuz || file == config:
		return file
	case strings.HasPrefix(file, "kernel/") || strings.HasPrefix(file, "modules."):
		return path.Join(modules, rest)
	}
	return ""
}

func wantedOfBoot(file string) string {
	switch {
	case strings.HasPrefix(file, "vmlinuz-"):
		return vmlinuz
	case strings.HasPrefix(file, "vmlinux-") && !packedForm.MatchString(file): // of ppc64el and riscv64
		return vmlinux
	case strings.HasPrefix(file, "config-"):
		return config
	}
	return ""
}

// packedForm finds copies for debuggers, which SUSE packs and puts beside vmlinuz.
var packedForm = regexp.MustCompile(`\.(gz|xz|zst|bz2|debug)$`)

// finish looks at the files in dir and adds what can be derived from them.
func finish(dir string) (kernel.Image, error) {
	if err := takeVmlinux(dir); err != nil {
		return kernel.Image{}, err
	}
	head, err := headOf(filepath.Join(dir, vmlinuz))
	if err != nil {
		return kernel.Image{}, err
	}
	lay := layOther
	if head.Arch == string(kernel.AMD64) {
		lay = layX86
	}
	image, err := lay(dir, head)
	if err != nil {
		return image, err
	}
	if exists(dir, config) {
		image.Config = config
	}
	return image, findModules(dir, &image)
}

// takeVmlinux puts vmlinux in the place of vmlinuz where a package has it alone, and removes
// it where it only accompanies that.
func takeVmlinux(dir string) error {
	from, to := filepath.Join(dir, vmlinux), filepath.Join(dir, vmlinuz)
	switch there := exists(dir, vmlinux); {
	case there && exists(dir, vmlinuz):
		return os.Remove(from)
	case there:
		return os.Rename(from, to)
	case !exists(dir, vmlinuz):
		return ErrNoKernel
	}
	return nil
}

func headOf(name string) (bootimage.Head, error) {
	f, size, err := open(name)
	if err != nil {
		return bootimage.Head{}, err
	}
	defer f.Close()
	return bootimage.Recognise(f, size)
}

func open(name string) (*os.File, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// layX86 lays out a bzImage, or a vmlinux that was put in its place.
func layX86(dir string, head bootimage.Head) (image kernel.Image, err error) {
	if head.Format == bootimage.ELF {
		err = os.Rename(filepath.Join(dir, vmlinuz), filepath.Join(dir, vmlinux))
	} else {
		image.Kernel = vmlinuz
		image.Release, err = explode(dir)
	}
	if err != nil || !exists(dir, vmlinux) {
		return image, err
	}
	image.Vmlinux = vmlinux
	return image, describe(dir, &image)
}

// explode unpacks vmlinux out of vmlinuz, where its compression is known.
func explode(dir string) (release string, err error) {
	in, size, err := open(filepath.Join(dir, vmlinuz))
	if err != nil {
		return "", err
	}
	defer in.Close()
	image, err := bootimage.Read(in, size)
	if err != nil {
		return "", err
	}
	err = write(filepath.Join(dir, vmlinux), image.Vmlinux)
	if errors.Is(err, bootimage.ErrCompression) {
		err = os.Remove(filepath.Join(dir, vmlinux))
	}
	return image.Release(), err
}

// write makes a file of what a function writes.
func write(name string, content func(io.Writer) error) error {
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(content(out), out.Close())
}

// layOther lays out a kernel of another architecture than x86-64: as vmlinux if that is what
// QEMU boots, else as vmlinuz, unpacked where QEMU does not do so itself.
func layOther(dir string, head bootimage.Head) (kernel.Image, error) {
	image := kernel.Image{Arch: kernel.Arch(head.Arch), Kernel: vmlinuz}
	file := filepath.Join(dir, vmlinuz)
	if head.Format == bootimage.ELF {
		image.Vmlinux = vmlinux
		if err := os.Rename(file, filepath.Join(dir, vmlinux)); err != nil {
			return image, err
		}
		file = filepath.Join(dir, vmlinux)
	}
	switch {
	case !head.Bootable():
		if err := unpackBootable(file, head, filepath.Join(dir, vmlinuz)); err != nil {
			return image, err
		}
	case head.Format == bootimage.ELF:
		image.Kernel = vmlinux
	}
	return image, readBanner(dir, filepath.Join(dir, image.Kernel), &image)
}

// unpackBootable writes what QEMU boots of a kernel's file, which may be the same file.
func unpackBootable(file string, head bootimage.Head, to string) error {
	in, size, err := open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	partial := to + ".partial"
	if err := write(partial, func(w io.Writer) error { return head.Unpack(in, size, w) }); err != nil {
		return err
	}
	unpacked, err := headOf(partial)
	if err != nil {
		return fmt.Errorf("what is in it: %w", err)
	}
	if !unpacked.Bootable() || unpacked.Arch != head.Arch {
		return fmt.Errorf("%s for %s with %s for %s in it", head.Format, head.Arch, unpacked.Format, unpacked.Arch)
	}
	return os.Rename(partial, to)
}

// describe reads from an x86 vmlinux what nothing else has.
func describe(dir string, image *kernel.Image) error {
	name := filepath.Join(dir, vmlinux)
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if image.PVH, err = bootimage.HasPVH(f); err != nil {
		return err
	}
	if image.Release != "" && exists(dir, config) {
		return nil
	}
	return readBanner(dir, name, image)
}

// readBanner reads the release and, where there is no other, the configuration from a kernel.
func readBanner(dir, name string, image *kernel.Image) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if image.Release == "" {
		image.Release = bootimage.Release(content)
	}
	return writeConfig(dir, bootimage.Config(content))
}

// writeConfig keeps the configuration found in a kernel where there is no
// other.
func writeConfig(dir string, text []byte) error {
	if text == nil || exists(dir, config) {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, config), text, 0o644)
}

// findModules takes the one directory below lib/modules, which must be of the
// kernel's release.
func findModules(dir string, image *kernel.Image) error {
	entries, err := os.ReadDir(filepath.Join(dir, modules))
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	release := entries[0].Name()
	if len(entries) > 1 || image.Release != "" && image.Release != release {
		return fmt.Errorf("the kernel is %s, its modules are of %s", image.Release, release)
	}
	image.Release = release
	image.Modules = path.Join(modules, release)
	return nil
}
