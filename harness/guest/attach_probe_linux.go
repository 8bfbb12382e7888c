package guest

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// prober attaches a probe to what its section names.
type prober func(prog *ebpf.Program, to string) (link.Link, error)

// probers are the kinds of programs of type Kprobe, by the beginning of their sections.
var probers = map[string]prober{
	"kprobe":          kprobe(link.Kprobe),
	"kretprobe":       kprobe(link.Kretprobe),
	"ksyscall":        syscallProbe(link.Kprobe),
	"kretsyscall":     syscallProbe(link.Kretprobe),
	"kprobe.multi":    kprobeMulti(link.KprobeMulti, false),
	"kretprobe.multi": kprobeMulti(link.KretprobeMulti, false),
	"kprobe.session":  kprobeMulti(link.KprobeMulti, true),
	"uprobe":          uprobe((*link.Executable).Uprobe),
	"uretprobe":       uprobe((*link.Executable).Uretprobe),
	"uprobe.multi":    uprobeMulti((*link.Executable).UprobeMulti),
	"uretprobe.multi": uprobeMulti((*link.Executable).UretprobeMulti),
}

func attachKprobe(p placement) (io.Closer, wire.AttachResult, error) {
	kind, _, _ := strings.Cut(p.spec.SectionName, "/")
	attach := probers[strings.TrimSuffix(kind, ".s")]
	if attach == nil {
		return nil, wire.AttachResult{}, unattachable{"bpflab does not attach programs of section " + p.spec.SectionName}
	}
	to, err := p.target()
	if err != nil {
		return nil, wire.AttachResult{}, err
	}
	l, err := attach(p.prog, to)
	if m, ok := l.(moved); ok {
		to = fmt.Sprintf("%s+%#x", to, m.offset)
	}
	return l, wire.AttachResult{Kind: kind, Target: to}, err
}

func kprobe(attach func(string, *ebpf.Program, *link.KprobeOptions) (link.Link, error)) prober {
	return func(prog *ebpf.Program, to string) (link.Link, error) {
		symbol, offset, err := cutOffset(to)
		if err != nil {
			return nil, err
		}
		if own := ofProcessor(symbol); own != "" {
			if l, err := attachAt(attach, own, prog, offset); err == nil {
				return l, nil
			}
		}
		return attachAt(attach, symbol, prog, offset)
	}
}

// attachAt attaches to a function of the kernel. On riscv64 a probe at its beginning sits
// behind the instructions that the tracer of functions has reserved there, where the kernel
// takes none on them: they do nothing, so that the program sees the same registers. The error
// of what cannot be elsewhere than at the beginning says so.
func attachAt(attach func(string, *ebpf.Program, *link.KprobeOptions) (link.Link, error), symbol string, prog *ebpf.Program, offset uint64) (link.Link, error) {
	l, err := attach(symbol, prog, &link.KprobeOptions{Offset: offset})
	if runtime.GOARCH != "riscv64" || offset != 0 || err == nil {
		return l, err
	}
	behind, second := attach(symbol, prog, &link.KprobeOptions{Offset: patchableSize})
	if second != nil && !errors.Is(err, unix.EINVAL) {
		return nil, err
	}
	if second != nil {
		return nil, fmt.Errorf("kernels of riscv64 that trace functions without CONFIG_KPROBES_ON_FTRACE take no return probe there: %w", err)
	}
	return moved{behind, patchableSize}, nil
}

// patchableSize is how many bytes at the beginning of a function riscv64 reserves for the
// tracer: room for auipc and jalr (-fpatchable-function-entry in arch/riscv/Makefile).
const patchableSize = 8

// moved is a probe that is not where it was to be.
type moved struct {
	link.Link
	offset uint64
}

// ofProcessor returns the name that the function of a system call, sys_openat, has on this
// processor since 4.17, "" for other functions. The library looks for it second; but
// before 6.2, a kernel that looks for a symbol in vain unpacks the names of all.
func ofProcessor(symbol string) string {
	prefix := callPrefixes[runtime.GOARCH]
	if prefix == "" || !strings.HasPrefix(symbol, "sys_") {
		return ""
	}
	return prefix + symbol
}

// callPrefixes is what stands before the name of a system call's function. ppc64el has had
// nothing there until 6.2, and no prefix of its own since.
var callPrefixes = map[string]string{"amd64": "__x64_", "arm64": "__arm64_", "s390x": "__s390x_", "riscv64": "__riscv_"}

// cutOffset splits "do_exit+0x8".
func cutOffset(to string) (symbol string, offset uint64, err error) {
	symbol, text, ok := strings.Cut(to, "+")
	if !ok {
		return symbol, 0, nil
	}
	offset, err = strconv.ParseUint(text, 0, 64)
	if err != nil {
		return symbol, 0, fmt.Errorf("the offset of %q is no number", to)
	}
	return symbol, offset, nil
}

// syscallProbe attaches to the function of a system call, whose name the processor's
// architecture gives: the library looks for __x64_sys_openat where there is no sys_openat.
func syscallProbe(attach func(string, *ebpf.Program, *link.KprobeOptions) (link.Link, error)) prober {
	return func(prog *ebpf.Program, to string) (link.Link, error) { return attach("sys_"+to, prog, nil) }
}

func kprobeMulti(attach func(*ebpf.Program, link.KprobeMultiOptions) (link.Link, error), session bool) prober {
	return func(prog *ebpf.Program, pattern string) (link.Link, error) {
		symbols, err := traceable(pattern)
		if err != nil {
			return nil, err
		}
		return attach(prog, link.KprobeMultiOptions{Symbols: symbols, Session: session})
	}
}

// traceable returns the kernel's functions that match a pattern and can be traced.
func traceable(pattern string) ([]string, error) {
	dir, err := tracefs()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(dir + "/available_filter_functions")
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range bytes.Lines(text) {
		name, _, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		names = append(names, name)
	}
	return matching(pattern, names, "function of the kernel that can be traced")
}

// matching returns the names that match a pattern, each once, and an error if there are none.
func matching(pattern string, names []string, what string) ([]string, error) {
	var out []string
	for _, name := range names {
		if ok, err := path.Match(pattern, name); err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		} else if ok {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no %s matches %q", what, pattern)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// executable opens the file of a target such as "/bin/bank:withdraw", and returns the rest.
func executable(to string) (file *link.Executable, name, function string, err error) {
	name, function, ok := strings.Cut(to, ":")
	if !ok {
		return nil, name, "", fmt.Errorf("a uprobe is at FILE:FUNCTION, not %q", to)
	}
	file, err = link.OpenExecutable(name)
	if errors.Is(err, os.ErrNotExist) {
		err = unattachable{name + " is not in this machine"}
	}
	return file, name, function, err
}

// uprobe attaches to a function of a program: "/bin/bank:withdraw".
func uprobe(attach func(*link.Executable, string, *ebpf.Program, *link.UprobeOptions) (link.Link, error)) prober {
	return func(prog *ebpf.Program, to string) (link.Link, error) {
		file, name, function, err := executable(to)
		if err != nil {
			return nil, err
		}
		symbol, offset, err := cutOffset(function)
		if err != nil {
			return nil, err
		}
		if offset == 0 {
			offset = localEntry(name, symbol)
		}
		return attach(file, symbol, prog, &link.UprobeOptions{Offset: offset})
	}
}

// localEntry returns where a function begins for callers in its own program, from its symbol
// on: on ppc64el it has another beginning for callers elsewhere, which sets the register of its
// data and runs on into this one (st_other of the ELFv2 ABI, 3.4.1). 0 on other processors.
func localEntry(file, symbol string) uint64 {
	f, err := elf.Open(file)
	if err != nil || f.Machine != elf.EM_PPC64 {
		return 0
	}
	defer f.Close()
	static, _ := f.Symbols() // without any, the library reports it
	dynamic, _ := f.DynamicSymbols()
	for _, s := range append(static, dynamic...) {
		if s.Name == symbol && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			return entryOffset(s.Other)
		}
	}
	return 0
}

// entryOffset decodes the three bits of st_other: 0 and 1 are one beginning for all, and a
// larger number is the binary logarithm of the distance in bytes.
func entryOffset(other byte) uint64 { return 1 << (other >> 5) >> 2 << 2 }

func uprobeMulti(attach func(*link.Executable, []string, *ebpf.Program, *link.UprobeMultiOptions) (link.Link, error)) prober {
	return func(prog *ebpf.Program, to string) (link.Link, error) {
		file, name, pattern, err := executable(to)
		if err != nil {
			return nil, err
		}
		functions, err := functionsOf(name)
		if err != nil {
			return nil, err
		}
		if functions, err = matching(pattern, functions, "function of "+name); err != nil {
			return nil, unattachable{err.Error() + " in this machine"}
		}
		return attach(file, functions, prog, nil)
	}
}

// functionsOf returns the functions that a program has itself. One without symbols has none.
func functionsOf(file string) ([]string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	static, err := f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, err
	}
	dynamic, err := f.DynamicSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, err
	}
	var names []string
	for _, s := range append(static, dynamic...) {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Value != 0 {
			names = append(names, s.Name)
		}
	}
	return names, nil
}
