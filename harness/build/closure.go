package build

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// maxSource bounds one source or header, in bytes. The largest header in use,
// a vmlinux.h, has about 5 MiB.
const maxSource = 32 << 20

// include finds the name in #include and __has_include, also in code that the
// preprocessor will skip: a closure that is too large costs a rebuild at most.
var include = regexp.MustCompile(`(?:#[ \t]*include(?:_next)?|__has_include(?:_next)?)[ \t]*\(?[ \t]*[<"]([^>"\n]+)[>"]`)

// closure is every file that compiling a Source can read.
type closure struct {
	own    map[string][]byte   // by path in the Source's FS
	system map[string][32]byte // digest by absolute path
}

// collect follows the includes of src from its main file, in the order in
// which clang searches: beside the including file, in src.Include, in dirs.
func collect(src Source, dirs []string) (closure, error) {
	c := collector{src: src, dirs: dirs, closure: closure{
		own:    map[string][]byte{},
		system: map[string][32]byte{},
	}}
	body, err := readFile(src.FS, src.Main)
	if err == nil {
		err = c.addOwn(src.Main, body)
	}
	if err != nil {
		return closure{}, fmt.Errorf("source of %s: %w", src.Name, err)
	}
	return c.closure, nil
}

type collector struct {
	closure
	src  Source
	dirs []string
}

func (c collector) addOwn(name string, body []byte) error {
	c.own[name] = body
	for _, wanted := range includes(body) {
		for _, dir := range append([]string{path.Dir(name)}, c.src.Include...) {
			if err := c.tryOwn(path.Join(dir, wanted)); err != nil {
				return err
			}
		}
		c.followSystem("", wanted)
	}
	return nil
}

// tryOwn adds a file if it exists. Clang reports files that do not exist, with the line.
func (c collector) tryOwn(name string) error {
	if _, seen := c.own[name]; seen || !fs.ValidPath(name) {
		return nil
	}
	body, err := readFile(c.src.FS, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.addOwn(name, body)
}

func (c collector) followSystem(beside, wanted string) {
	dirs := c.dirs
	if beside != "" {
		dirs = append([]string{beside}, dirs...)
	}
	for _, dir := range dirs {
		c.trySystem(filepath.Join(dir, wanted))
	}
}

// trySystem adds a header below the directories for headers. It leaves out others: a path
// with ".." may lead to a file that is not a header, or that never ends.
func (c collector) trySystem(name string) {
	if _, seen := c.system[name]; seen || !c.isHeader(name) {
		return
	}
	body, err := readFile(os.DirFS(filepath.Dir(name)), filepath.Base(name))
	if err != nil { // clang would not read it either
		return
	}
	c.system[name] = sha256.Sum256(body)
	for _, next := range includes(body) {
		c.followSystem(filepath.Dir(name), next)
	}
}

func (c collector) isHeader(name string) bool {
	return slices.ContainsFunc(c.dirs, func(dir string) bool { return strings.HasPrefix(name, filepath.Clean(dir)+"/") })
}

// covers reports whether the closure holds the file that clang calls name.
func (c closure) covers(name string) bool {
	if filepath.IsAbs(name) {
		_, ok := c.system[filepath.Clean(name)]
		return ok
	}
	_, ok := c.own[path.Clean(name)]
	return ok
}

// write lays the Source's own files out under dir.
func (c closure) write(dir string) error {
	for name, body := range c.own {
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(target, body, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// manifest lists the files with their digests, sorted by name.
func (c closure) manifest() []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(c.own)) {
		lines = append(lines, fmt.Sprintf("own %q %x", name, sha256.Sum256(c.own[name])))
	}
	for _, name := range slices.Sorted(maps.Keys(c.system)) {
		lines = append(lines, fmt.Sprintf("system %q %x", name, c.system[name]))
	}
	return lines
}

func includes(body []byte) []string {
	var names []string
	for _, match := range include.FindAllSubmatch(body, -1) {
		names = append(names, string(match[1]))
	}
	return names
}

// readFile reads a regular file of bounded size.
func readFile(files fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	if info.Size() > maxSource {
		return nil, fmt.Errorf("%s: %d bytes, more than the %d a source file may have", name, info.Size(), maxSource)
	}
	return fs.ReadFile(files, name)
}
