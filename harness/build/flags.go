package build

import (
	"bytes"

	"github.com/bpflab/bpflab/vms/kernel"
)

// kind is what a source becomes.
type kind struct {
	flags []string
	check func(name string, content *bytes.Reader) error // may be nil
}

// forBPF makes an object for the kernels of an architecture.
func forBPF(arch kernel.Arch) kind {
	to := targets[arch.OrDefault()]
	out := []string{"-target", to.bpf}
	out = append(out, flags...)
	return kind{append(out, "-D__TARGET_ARCH_"+to.macro, "-c"), check}
}

// forMachine makes a program for the machines of an architecture.
func forMachine(arch kernel.Arch) kind {
	to := targets[arch.OrDefault()]
	return kind{append([]string{"-target", to.triple}, machineFlags...), nil}
}

// target is what clang calls an architecture.
type target struct {
	bpf    string // target of its kernels' objects, which are of its byte order
	macro  string // by which libbpf's <bpf/bpf_tracing.h> knows its registers
	triple string
}

// targets are those of all architectures of package kernel. bpf is bpfel on x86-64, where
// bpflab runs; an arm64 host has the same byte order.
var targets = map[kernel.Arch]target{
	kernel.AMD64:   {"bpf", "x86", "x86_64-linux-gnu"},
	kernel.ARM64:   {"bpfel", "arm64", "aarch64-linux-gnu"},
	kernel.S390X:   {"bpfeb", "s390", "s390x-linux-gnu"},
	kernel.RISCV64: {"bpfel", "riscv", "riscv64-linux-gnu"},
	kernel.PPC64EL: {"bpfel", "powerpc", "powerpc64le-linux-gnu"},
}

// machineFlags are for a program for a machine. Its functions are called, not inlined, so
// that they can be probed.
var machineFlags = []string{
	"-O1", "-fno-inline", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
	"-nostdlib", "-static", "-fno-pie",
	"-Wall", "-Werror",
	"-Wl,--build-id=none",
	"-fdebug-compilation-dir=.",
	"-fno-color-diagnostics", "-ferror-limit=20", "-fno-ident", "-fno-crash-diagnostics",
}

// flags for every object. The cpu is pinned because clang's default moves on
// and kernels before 5.1 know v2 only. The compilation directory is "." so
// that no path of this machine gets into the debug information, while clang
// still finds the source lines that BTF carries for the verifier's log.
var flags = []string{
	"-mcpu=v2",
	"-O2",
	"-g",
	"-Wall",
	"-Werror",
	"-fdebug-compilation-dir=.",
	"-fno-color-diagnostics",
	"-ferror-limit=20",
	"-fno-ident",
	"-fno-crash-diagnostics",
}

// searchFlags makes clang search exactly the directories that the closure
// searched, in the same order.
func searchFlags(src Source, headers []string) []string {
	args := []string{"-nostdinc"}
	for _, dir := range src.Include {
		args = append(args, "-I"+dir)
	}
	for _, dir := range headers {
		args = append(args, "-isystem", dir)
	}
	return args
}
