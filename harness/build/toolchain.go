package build

import (
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// toolchain are the files that a compiler consists of.
type toolchain struct {
	clang     string   // the program itself, also where a script or a link leads to it
	files     []string // programs and libraries, clang's and the linker's, and headers beside its directories
	libraries []string // directories of the libraries, for LD_LIBRARY_PATH
}

// findToolchain returns the files of clang and of the linker that clang runs.
func findToolchain(ctx context.Context, clang Clang) (toolchain, error) {
	t := toolchain{clang: clang.Binary}
	if err := t.add(ctx, clang.Binary); err != nil {
		return toolchain{}, err
	}
	out, err := exec.CommandContext(ctx, clang.Binary, "-print-prog-name=ld").Output()
	if linker := strings.TrimSpace(string(out)); err == nil && filepath.IsAbs(linker) {
		err = t.add(ctx, linker)
	}
	t.files = append(t.files, linked(clang.Headers)...)
	return t, err
}

// linked returns what symbolic links in directories of headers lead to. Debian 13 has asm/*.h
// below /usr/lib/linux, and in /usr/include a link to each.
func linked(dirs []string) []string {
	var out []string
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.Type()&fs.ModeSymlink == 0 {
				return nil // clang searches directories that are missing, too
			}
			if target, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(dirs, filepath.Dir(target)) {
				out = append(out, target)
			}
			return nil
		})
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// add adds a program, its loader and the libraries that the loader lists.
func (t *toolchain) add(ctx context.Context, program string) error {
	t.files = append(t.files, program)
	loader, err := loaderOf(program)
	if err != nil || loader == "" {
		return err
	}
	out, err := exec.CommandContext(ctx, loader, "--list", program).Output()
	if err != nil {
		return fmt.Errorf("list the libraries of %s with %s: %w", program, loader, err)
	}
	t.files = append(t.files, loader)
	for _, file := range library.FindAllStringSubmatch(string(out), -1) {
		t.files = append(t.files, file[1])
		if dir := filepath.Dir(file[1]); !slices.Contains(t.libraries, dir) {
			t.libraries = append(t.libraries, dir)
		}
	}
	return nil
}

// library matches a library in a loader's list: "libc.so.6 => /lib/libc.so.6 (0x...)".
var library = regexp.MustCompile(`(?m)=> (/.+) \(0x`)

// loaderOf returns the dynamic loader that a program names, or "" if it needs none.
func loaderOf(program string) (string, error) {
	f, err := elf.Open(program)
	if err != nil {
		return "", fmt.Errorf("%s cannot be confined, because it is no program of this machine: %w", program, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		name := make([]byte, p.Filesz)
		_, err := p.ReadAt(name, 0)
		return string(bytes.TrimRight(name, "\x00")), err
	}
	return "", nil
}
