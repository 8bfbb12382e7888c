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

	"github.com/bpflab/bpflab/vms/kernel"
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

// treeImage is where the build puts the image.
const treeImage = "arch/x86/boot/bzImage"

// IsTree reports whether path is a directory with Linux's sources, or one that make O= built
// in.
func IsTree(path string) bool {
	for _, name := range []string{treeImage, "include/config/kernel.release", "Kbuild", "include/generated/autoconf.h"} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return true
		}
	}
	return false
}

// TreeImage returns the path of the image that is built in a tree.
func TreeImage(dir string) string { return filepath.Join(dir, treeImage) }

// LookTree returns what was built in a tree. Errors are *Error.
func LookTree(dir string) (Tree, error) {
	t := Tree{Dir: dir, Config: filepath.Join(dir, ".config")}
	var err error
	if _, err := os.Stat(TreeImage(dir)); err != nil {
		return t, &Error{dir, fmt.Errorf("%s is not built yet: make bzImage", treeImage)}
	}
	if t.Kernel, err = Look(TreeImage(dir)); err != nil {
		return t, err
	}
	t.Kernel.Package = "bzImage"
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
