package bundle

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/kernel"
)

// machines are the architectures of programs that machines run.
var machines = map[elf.Machine]kernel.Arch{
	elf.EM_X86_64: kernel.AMD64, elf.EM_AARCH64: kernel.ARM64, elf.EM_S390: kernel.S390X, elf.EM_RISCV: kernel.RISCV64, elf.EM_PPC64: kernel.PPC64EL,
}

// ArchOf returns the architecture that a file's ELF header names, "" for what is no ELF file of 64
// bits, or of none that is known.
func ArchOf(path string) kernel.Arch {
	file, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	arch := machines[file.Machine]
	if file.Class != elf.ELFCLASS64 || (file.Data == elf.ELFDATA2MSB) != arch.BigEndian() {
		return ""
	}
	return arch
}

// ArchError is a program for another architecture than that of the kernel which is to run it.
type ArchError struct {
	Program string
	Arch    kernel.Arch // the program's
	Kernel  kernel.Image
}

func (e *ArchError) Error() string {
	return fmt.Sprintf("%s is a program for %s, and the kernel %s is for %s: give one that is compiled for %[4]s, or kernels with --arch %[2]s",
		e.Program, e.Arch, e.Kernel.Selector, e.Kernel.Arch.OrDefault())
}

// CheckArch returns an *ArchError for a program that one of the kernels cannot run. Kernels that
// a provider has itself are this host's.
func CheckArch(program string, kernels []kernel.Image) error {
	arch := ArchOf(program)
	for _, k := range kernels {
		if ofProvider := k.Kernel == "" && k.Vmlinux == "" && k.Arch == ""; arch != "" && !ofProvider && !k.Arch.Is(arch) {
			return &ArchError{program, arch, k}
		}
	}
	return nil
}

// triples are Debian's words for architectures in the names of directories.
var triples = map[kernel.Arch]string{
	kernel.AMD64: "x86_64-linux-gnu", kernel.ARM64: "aarch64-linux-gnu", kernel.S390X: "s390x-linux-gnu",
	kernel.RISCV64: "riscv64-linux-gnu", kernel.PPC64EL: "powerpc64le-linux-gnu",
}

// foreignLibraries adds the loader and the libraries of a program for another architecture, whose
// loader cannot be asked here: from where Debian's cross compilers have them, or packages of that
// architecture. They go where that architecture's loader looks.
func (f *Files) foreignLibraries(program, loader string, arch kernel.Arch) error {
	triple := triples[arch]
	add := func(library, name string) (string, error) {
		for _, dir := range []string{filepath.Join("/usr", triple, "lib"), filepath.Join("/usr/lib", triple), filepath.Join("/lib", triple)} {
			path := filepath.Join(dir, library)
			if _, err := os.Stat(path); err == nil {
				return path, f.AddAs(path, name)
			}
		}
		return "", &LibraryError{program, library}
	}
	if _, err := add(filepath.Base(loader), loader); err != nil {
		return err
	}
	wanted, err := needed(program)
	for seen := map[string]bool{}; len(wanted) > 0 && err == nil; {
		library := wanted[0]
		wanted = wanted[1:]
		if seen[library] || library == filepath.Base(loader) {
			continue
		}
		seen[library] = true
		path, err := add(library, filepath.Join("/lib", triple, library))
		if err != nil {
			return err
		}
		more, err := needed(path)
		if err != nil {
			return err
		}
		wanted = append(wanted, more...)
	}
	return err
}

// needed returns the libraries that an ELF file names.
func needed(path string) ([]string, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	names, err := file.DynString(elf.DT_NEEDED)
	if errors.Is(err, elf.ErrNoSymbols) {
		return nil, nil
	}
	return names, err
}
