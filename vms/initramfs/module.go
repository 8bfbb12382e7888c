package initramfs

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// OrderFile lists the modules of a machine in the order to load them, one
// absolute path a line; %s is the kernel's release.
const OrderFile = "/lib/modules/%s/bpflab.order"

// maxModule bounds a decompressed module, in bytes.
const maxModule = 64 << 20

// tree is a kernel's modules on the host.
type tree struct {
	dir     string
	files   map[string]string // by canonical name
	builtin map[string]bool
}

// modules returns the wanted and needed modules and their dependencies.
func modules(o Options) ([]entry, error) {
	t, err := openTree(o.Modules)
	if err != nil {
		return nil, err
	}
	c := closure{tree: t, done: map[string]bool{}}
	for _, name := range o.Wanted {
		if t.files[canonical(name)] == "" {
			continue
		}
		if err := c.add(name); err != nil {
			return nil, err
		}
	}
	if o.Modules == "" {
		return nil, nil // it is not known what such a kernel has built in; the lab will see
	}
	for _, name := range o.Needed {
		if err := c.add(name); err != nil {
			return nil, err
		}
	}
	return c.entries(o.Release), nil
}

func openTree(dir string) (tree, error) {
	t := tree{dir: dir, files: map[string]string{}, builtin: map[string]bool{}}
	if dir == "" {
		return t, nil
	}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && isModule(file) {
			t.files[canonical(filepath.Base(file))] = file
		}
		return err
	})
	if err != nil {
		return t, fmt.Errorf("kernel modules: %w", err)
	}
	list, err := os.ReadFile(filepath.Join(dir, "modules.builtin"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return t, err
	}
	for line := range strings.Lines(string(list)) {
		t.builtin[canonical(filepath.Base(strings.TrimSpace(line)))] = true
	}
	return t, nil
}

func (t tree) lacks(name string) error {
	return fmt.Errorf("the kernel has no module %s, neither as a file in %q nor built in", name, t.dir)
}

func isModule(file string) bool {
	_, rest, ok := strings.Cut(filepath.Base(file), ".ko")
	return ok && (rest == "" || rest == ".gz" || rest == ".xz" || rest == ".zst")
}

// canonical returns a module's name as the kernel says it: without suffix, with
// underscores.
func canonical(name string) string {
	name, _, _ = strings.Cut(name, ".ko")
	return strings.ReplaceAll(name, "-", "_")
}

// closure collects modules, dependencies first.
type closure struct {
	tree
	done  map[string]bool
	names []string
	data  [][]byte
}

func (c *closure) add(name string) error {
	name = canonical(name)
	if c.done[name] || c.builtin[name] {
		return nil
	}
	c.done[name] = true
	file := c.files[name]
	if file == "" {
		return c.lacks(name)
	}
	data, err := readModule(file)
	if err != nil {
		return fmt.Errorf("module %s: %w", file, err)
	}
	depends, err := dependencies(data)
	if err != nil {
		return fmt.Errorf("module %s: %w", file, err)
	}
	for _, d := range depends {
		if err := c.add(d); err != nil {
			return fmt.Errorf("module %s: %w", name, err)
		}
	}
	c.names, c.data = append(c.names, name), append(c.data, data)
	return nil
}

func (c *closure) entries(release string) []entry {
	if len(c.names) == 0 {
		return nil
	}
	dir := "lib/modules/" + release
	out := []entry{dirEntry(dir)}
	var order strings.Builder
	for i, name := range c.names {
		at := dir + "/" + name + ".ko"
		out = append(out, dataEntry(at, 0o644, c.data[i]))
		order.WriteString("/" + at + "\n")
	}
	list := strings.TrimPrefix(fmt.Sprintf(OrderFile, release), "/")
	return append(out, dataEntry(list, 0o644, []byte(order.String())))
}

// readModule reads a module and decompresses it.
func readModule(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	switch filepath.Ext(file) {
	case ".gz":
		r, err = gzip.NewReader(f)
	case ".xz":
		r, err = xz.NewReader(f)
	case ".zst":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(f); err == nil {
			defer z.Close()
			r = z
		}
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, maxModule+1))
	if err == nil && len(data) > maxModule {
		err = errors.New("larger than 64 MiB")
	}
	return data, err
}

// dependencies reads the "depends=" of a module's .modinfo section; a package
// carries no modules.dep, which depmod makes on the machine it is installed on.
func dependencies(module []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(module))
	if err != nil {
		return nil, err
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, errors.New("no .modinfo section: not a kernel module")
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for field := range strings.SplitSeq(string(info), "\x00") {
		if list, ok := strings.CutPrefix(field, "depends="); ok && list != "" {
			return strings.Split(list, ","), nil
		}
	}
	return nil, nil
}
