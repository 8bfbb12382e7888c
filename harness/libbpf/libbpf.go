// Package libbpf embeds a small loader of eBPF objects over the distribution's libbpf
// (loader/loader.c), which runs inside a machine: it loads one program of an object as libbpf
// does, with its maps prepared as veristat prepares them, and prints an Answer.
//
// `make build` compiles it where libbpf's development files are installed. A binary that
// was built without it works as before: Program returns ErrNotBuilt.
package libbpf

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
)

// dist holds the loader as `make build` makes it, compressed. It is empty in a build
// without libbpf.
//
//go:embed all:dist
var dist embed.FS

// ErrNotBuilt is the error of a binary without the loader.
var ErrNotBuilt = errors.New("this bpflab was built without its libbpf loader: install libbpf-dev, libelf-dev, zlib1g-dev and a C compiler (`make setup` does on Debian and Ubuntu), then `make build`")

// Program returns the loader, a statically linked program for Linux on this architecture.
func Program() ([]byte, error) {
	r, err := open(runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Built reports whether the binary has the loader.
func Built() bool {
	_, err := open(runtime.GOARCH)
	return !errors.Is(err, ErrNotBuilt)
}

// machines are the architectures of programs as Go and ELF name them.
var machines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "s390x": elf.EM_S390, "riscv64": elf.EM_RISCV, "ppc64le": elf.EM_PPC64,
}

// open returns the loader to be read. One for another architecture, as a bpflab has that was compiled
// where the loader had been built for the host, is none.
func open(goarch string) (io.Reader, error) {
	text, err := dist.ReadFile("dist/loader.gz")
	if err != nil {
		return nil, ErrNotBuilt
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("the libbpf loader in this binary: %w", err)
	}
	r := bufio.NewReader(unpacked)
	header, err := r.Peek(machineEnd)
	if err != nil {
		return nil, fmt.Errorf("the libbpf loader in this binary: %w", err)
	}
	if machineOf(header) != machines[goarch] {
		return nil, ErrNotBuilt
	}
	return r, nil
}

// machineEnd is where e_machine ends in an ELF file's header, in bytes.
const machineEnd = 20

// machineOf returns the e_machine of an ELF file's header.
func machineOf(header []byte) elf.Machine {
	if header[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		return elf.Machine(binary.BigEndian.Uint16(header[machineEnd-2:]))
	}
	return elf.Machine(binary.LittleEndian.Uint16(header[machineEnd-2:]))
}

// Task is one program to load. Files are paths in the machine.
type Task struct {
	Object, Program string
	Attach          bool
	Target          string            // function to attach to, where the section names none
	MapSizes        map[string]uint32 // max_entries
	BTF             string            // file with the kernel's types, for kernels that have none
}

// Args returns the loader's arguments for a task.
func (t Task) Args() []string {
	args := []string{t.Object, t.Program}
	if t.Attach {
		args = append(args, "--attach")
	}
	if t.Target != "" {
		args = append(args, "--attach-target", t.Target)
	}
	for _, name := range slices.Sorted(maps.Keys(t.MapSizes)) {
		args = append(args, "--map-size", name+"="+strconv.FormatUint(uint64(t.MapSizes[name]), 10))
	}
	if t.BTF != "" {
		args = append(args, "--btf", t.BTF)
	}
	return args
}
