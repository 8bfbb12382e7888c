package local

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/bootimage"
)

// Tree is a directory in which Linux was built.
type Tree struct {
	Dir     string
	Kernel  Kernel   // the bzImage
	Config  string   // path of .config
	Modules []Module // in the order of modules.order
}

// Module is a file of a tree, and its name among the installed ones, as
// "kernel/net/tun.ko".
type Module struct{ File, Name string }

// treeImages are where builds put the image, x86's first: it is the one that messages name.
var treeImages = []string{
	"arch/x86/boot/bzImage", "arch/arm64/boot/Image", "arch/arm64/boot/Image.gz", "arch/arm64/boot/vmlinuz.efi",
	"arch/riscv/boot/Image", "arch/riscv/boot/Image.gz", "arch/s390/boot/bzImage",
}

// IsTree reports whether path is a directory with Linux's sources, or one that make O= built
// in.
func IsTree(path string) bool {
	for _, name := range []string{treeImages[0], "include/config/kernel.release", "Kbuild", "include/generated/autoconf.h"} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return true
		}
	}
	return false
}

// TreeImage returns the path of the image that is built in a tree, the newest where it was
// built for several architectures; that of x86's where none is built. A tree of ppc64le has only
// vmlinux.
func TreeImage(dir string) string {
	found, newest := filepath.Join(dir, treeImages[0]), time.Time{}
	for _, name := range treeImages {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.ModTime().After(newest) {
			found, newest = file, info.ModTime()
		}
	}
	if newest.IsZero() && isPowerPC(filepath.Join(dir, "vmlinux")) {
		return filepath.Join(dir, "vmlinux")
	}
	return found
}

// isPowerPC reports whether a file is a vmlinux of the architecture that boots such.
func isPowerPC(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := bootimage.Recognise(f, 0)
	return err == nil && head.Arch == string(kernel.PPC64EL)
}

// LookTree returns what was built in a tree. Errors are *Error.
func LookTree(dir string) (Tree, error) {
	t := Tree{Dir: dir, Config: filepath.Join(dir, ".config")}
	var err error
	if _, err := os.Stat(TreeImage(dir)); err != nil {
		return t, &Error{dir, fmt.Errorf("%s is not built yet: make bzImage", treeImages[0])}
	}
	if t.Kernel, err = Look(TreeImage(dir)); err != nil {
		return t, err
	}
	t.Kernel.Package = filepath.Base(t.Kernel.Path)
	if _, err := os.Stat(t.Config); err != nil {
		return t, &Error{dir, errors.New("it has no .config")}
	}
	if release, err := os.ReadFile(filepath.Join(dir, "include/config/kernel.release")); err == nil {
		if configured := strings.TrimSpace(string(release)); configured != t.Kernel.Release {
			return t, &Error{dir, fmt.Errorf("the image is of %s, and the tree is configured as %s: run make again", t.Kernel.Release, configured)}
		}
	}
	if t.Modules, err = modulesOf(dir); err != nil {
		return t, &Error{dir, err}
	}
	return t, nil
}

// modulesOf returns the modules that a tree's modules.order names, and what says which are
// built in. A tree in which no modules were built has none.
func modulesOf(dir string) ([]Module, error) {
	var all []Module
	for _, name := range []string{"modules.order", "modules.builtin", "modules.builtin.modinfo"} {
		if file := filepath.Join(dir, name); isFile(file) {
			all = append(all, Module{file, name})
		}
	}
	order, err := os.ReadFile(filepath.Join(dir, "modules.order"))
	if errors.Is(err, os.ErrNotExist) {
		return all, nil
	}
	lines := bufio.NewScanner(bytes.NewReader(order))
	for lines.Scan() {
		m, err := moduleOf(dir, lines.Text())
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, errors.Join(err, lines.Err())
}

// moduleOf finds the module of a line of modules.order: "kernel/drivers/net/tun.ko" before
// Linux 5.3, then "drivers/net/tun.ko", and "drivers/net/tun.o" since 6.2.
func moduleOf(dir, line string) (Module, error) {
	name := filepath.Clean(line)
	if strings.HasSuffix(name, ".o") {
		name = strings.TrimSuffix(name, ".o") + ".ko"
	}
	if !filepath.IsLocal(name) || !strings.HasSuffix(name, ".ko") {
		return Module{}, fmt.Errorf("modules.order: %q is no module of the tree", line)
	}
	for _, inside := range []string{name, strings.TrimPrefix(name, "kernel/")} {
		if file := filepath.Join(dir, inside); isFile(file) {
			return Module{file, filepath.Join("kernel", inside)}, nil
		}
	}
	return Module{}, fmt.Errorf("modules.order names %s, which is not built: make modules", name)
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// Sum describes the tree's configuration and modules as one file, whose digest changes
// with any of them.
func (t Tree) Sum() (kernel.File, error) {
	path, err := filepath.Abs(t.Dir)
	file := kernel.File{Package: TreePackage, Path: path}
	if err != nil {
		return file, err
	}
	h := sha256.New()
	for _, m := range append([]Module{{t.Config, ".config"}}, t.Modules...) {
		fmt.Fprintln(h, m.Name)
		size, err := addTo(h, m.File)
		if err != nil {
			return file, err
		}
		fmt.Fprintln(h, size)
		file.Size += size
	}
	file.SHA256 = hex.EncodeToString(h.Sum(nil))
	return file, nil
}

// TreePackage is the name of the file that Sum describes.
const TreePackage = "tree"

func addTo(h io.Writer, name string) (int64, error) {
	in, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	return io.Copy(h, in)
}
