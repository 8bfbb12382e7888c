package bundle

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/lease"
)

// Program adds a program under its own absolute name: a static binary as it is, a
// dynamic one with its loader and all shared libraries, a script with its
// interpreter. Errors are *LibraryError where a library is missing, else say what is
// wrong with the file. Libraries that a program opens while it runs are not known.
func (f *Files) Program(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := f.Add(abs); err != nil || f.Rootfs {
		return err
	}
	first, err := shebang(abs)
	if err != nil {
		return err
	}
	if line, ok := strings.CutPrefix(first, "#!"); ok {
		return f.interpreter(abs, strings.Fields(line))
	}
	if strings.HasPrefix(first, elf.ELFMAG) {
		return f.libraries(abs)
	}
	return nil // the machine will say what it cannot run
}

func shebang(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	line, err := bufio.NewReader(io.LimitReader(file, 256)).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return line, err
}

// interpreter adds what runs a script, unless every machine has it: busybox is its
// shell.
func (f *Files) interpreter(script string, words []string) error {
	if len(words) == 0 {
		return fmt.Errorf("%s: its first line names no interpreter", script)
	}
	name := words[0]
	if filepath.Base(name) == "env" && len(words) > 1 {
		name = words[1]
	}
	if base := filepath.Base(name); base == "sh" || base == "ash" || base == "env" {
		return nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("%s: its interpreter %s is not on this machine", script, name)
	}
	if f.Has(path) {
		return nil
	}
	return f.Program(path)
}

// LibraryError is a dynamic program that lacks a shared library.
type LibraryError struct{ Program, Library string }

func (e *LibraryError) Error() string {
	return fmt.Sprintf("%s needs %s, which is not on this machine: install it, link statically, or give a root file system with --rootfs", e.Program, e.Library)
}

// libraries adds the loader of a dynamic program and what that says it would load.
// The loader is asked to list, not to run: see ld.so(8).
func (f *Files) libraries(program string) error {
	loader, err := loaderOf(program)
	if err != nil || loader == "" {
		return err
	}
	if arch := ArchOf(program); arch != "" && arch != kernel.HostArch() {
		return f.foreignLibraries(program, loader, arch)
	}
	if _, err := os.Stat(loader); err != nil {
		return &LibraryError{program, loader}
	}
	out, err := exec.Command(loader, "--list", program).CombinedOutput()
	if err != nil && !lease.MayExec(program) {
		return fmt.Errorf("%s is where programs cannot be run (mounted noexec), so %s cannot list its libraries: copy it elsewhere, link statically, or give a root file system with --rootfs", program, loader)
	}
	if m := missing.FindSubmatch(out); m != nil {
		return &LibraryError{program, string(m[1]) + string(m[2])}
	}
	if err != nil {
		return fmt.Errorf("ask %s for the libraries of %s: %w: %s", loader, program, err, strings.TrimSpace(string(out)))
	}
	for _, path := range append(listed(string(out)), loader) {
		if err := f.Add(path); err != nil {
			return err
		}
	}
	return f.cache()
}

// missing is how glibc and musl report a library that is not there.
var missing = regexp.MustCompile(`(?m)loading shared librar(?:y|ies): ([^:\s]+):|^\s*(\S+) => not found`)

// listed returns the paths in a loader's list: "libc.so.6 => /lib/libc.so.6 (0x...)".
func listed(list string) []string {
	var paths []string
	for line := range strings.Lines(list) {
		for _, word := range strings.Fields(line) {
			if strings.HasPrefix(word, "/") {
				paths = append(paths, word)
			}
		}
	}
	return paths
}

// cache adds the loader's index, which knows of libraries in unusual places.
func (f *Files) cache() error {
	err := f.Add("/etc/ld.so.cache")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// loaderOf returns the program's interpreter as its ELF headers name it, "" of a static one.
func loaderOf(program string) (string, error) {
	file, err := elf.Open(program)
	if err != nil {
		return "", fmt.Errorf("%s: %w", program, err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		name, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
		return strings.TrimRight(string(name), "\x00"), err
	}
	return "", nil
}
