// Package unpack lays a kernel out in a directory, the same way whatever it
// came from:
//
//	vmlinuz              the bzImage, if there is one
//	vmlinux              the ELF kernel, unpacked from it where possible
//	config               its .config, if known
//	lib/modules/RELEASE  its modules, as the package has them
package unpack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/bzimage"
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

// Files lays out a bzImage or vmlinux and, if moduleDir is not "", the modules
// there, whose last path element is their release.
func Files(ctx context.Context, kernelFile, moduleDir, dir string) (kernel.Image, error) {
	name := vmlinuz
	if isELF(kernelFile) {
		name = vmlinux
	}
	if err := copyFile(kernelFile, filepath.Join(dir, name)); err != nil {
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
	case strings.HasPrefix(file, "config-"):
		return config
	}
	return ""
}

// finish looks at the files in dir and adds what can be derived from them.
func finish(dir string) (kernel.Image, error) {
	var image kernel.Image
	if exists(dir, vmlinuz) {
		image.Kernel = vmlinuz
		release, err := explode(dir)
		if err != nil {
			return image, err
		}
		image.Release = release
	}
	if exists(dir, vmlinux) {
		image.Vmlinux = vmlinux
		if err := describe(dir, &image); err != nil {
			return image, err
		}
	}
	if image.Kernel == "" && image.Vmlinux == "" {
		return image, ErrNoKernel
	}
	if exists(dir, config) {
		image.Config = config
	}
	return image, findModules(dir, &image)
}

// explode unpacks vmlinux out of vmlinuz, where its compression is known.
func explode(dir string) (release string, err error) {
	in, err := os.Open(filepath.Join(dir, vmlinuz))
	if err != nil {
		return "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	image, err := bzimage.Read(in, info.Size())
	if err != nil {
		return "", err
	}
	err = writeVmlinux(image, filepath.Join(dir, vmlinux))
	if errors.Is(err, bzimage.ErrCompression) {
		err = os.Remove(filepath.Join(dir, vmlinux))
	}
	return image.Release(), err
}

func writeVmlinux(image *bzimage.Image, name string) error {
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(image.Vmlinux(out), out.Close())
}

// describe reads from vmlinux what nothing else has.
func describe(dir string, image *kernel.Image) error {
	name := filepath.Join(dir, vmlinux)
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if image.PVH, err = bzimage.HasPVH(f); err != nil {
		return err
	}
	if image.Release != "" && exists(dir, config) {
		return nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if image.Release == "" {
		image.Release = bzimage.Release(content)
	}
	return writeConfig(dir, bzimage.Config(content))
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
