package build

import (
	"bytes"
	"runtime"
)

// kind is what a source becomes.
type kind struct {
	flags []string
	check func(name string, content *bytes.Reader) error // may be nil
}

var (
	forBPF     = kind{append(flags, "-c"), check}
	forMachine = kind{machineFlags(runtime.GOARCH), nil}
)

// architectures are clang's names for the machines' architectures.
var architectures = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}

// machineFlags returns the flags for a program for a machine. Its functions are called, not
// inlined, so that they can be probed.
func machineFlags(arch string) []string {
	return []string{
		"-target", architectures[arch] + "-linux-gnu",
		"-O1", "-fno-inline", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
		"-nostdlib", "-static", "-fno-pie",
		"-Wall", "-Werror",
		"-Wl,--build-id=none",
		"-fdebug-compilation-dir=.",
		"-fno-color-diagnostics", "-ferror-limit=20", "-fno-ident", "-fno-crash-diagnostics",
	}
}

// flags for every object. The cpu is pinned because clang's default moves on
// and kernels before 5.1 know v2 only. The compilation directory is "." so
// that no path of this machine gets into the debug information, while clang
// still finds the source lines that BTF carries for the verifier's log.
var flags = []string{
	"-target", "bpf",
	"-mcpu=v2",
	"-O2",
	"-g",
	"-Wall",
	"-Werror",
	"-D__TARGET_ARCH_x86",
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
