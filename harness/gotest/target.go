package gotest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
)

// target is what the go command needs to know to compile for an architecture.
type target struct {
	arch kernel.Arch
	env  []string // "K=V"
	cgo  string   // a package whose C is left out because there is no compiler for it
	note string   // that says so
}

// ArchOf returns the architecture that tests on a kernel are compiled for: that of a kernel which a
// provider has itself is this host's.
func ArchOf(k kernel.Image) kernel.Arch {
	if k.Arch == "" && k.Kernel == "" && k.Vmlinux == "" {
		return kernel.HostArch()
	}
	return k.Arch.OrDefault()
}

// targetFor returns the target for an architecture. For another one than this host's, C is compiled
// only where a package or a flag needs that, with Debian's cross compiler.
func targetFor(ctx context.Context, patterns []string, flags Flags, arch kernel.Arch) (target, error) {
	t := target{arch: arch, env: []string{"GOARCH=" + arch.GOARCH()}}
	switch {
	case runtime.GOOS != "linux":
		t.env = append(t.env, "CGO_ENABLED=0")
		return t, nil
	case arch == kernel.HostArch() || arch.GOARCH() == runtime.GOARCH:
		return t, nil
	}
	flag := needsC(flags)
	pkg, err := cgoPackage(ctx, patterns, flags, t.env)
	if err != nil {
		return t, err
	}
	compiler, lookErr := exec.LookPath(compilerOf(arch))
	switch {
	case flag == "" && pkg == "":
		t.env = append(t.env, "CGO_ENABLED=0")
	case lookErr == nil:
		t.env = append(t.env, "CGO_ENABLED=1", "CC="+compiler)
	case flag != "":
		return t, fmt.Errorf("%s compiles C, which for %s takes %s", flag, arch, remedy(arch))
	default:
		t.env, t.cgo = append(t.env, "CGO_ENABLED=0"), pkg
		t.note = "without the C of " + pkg + ", which takes " + remedy(arch)
	}
	return t, nil
}

// noLibrary is how linkers report a library that they do not find.
var noLibrary = regexp.MustCompile(`(?:cannot find|unable to find library) (-l[^\s:]+)`)

// explain adds to an error of the go command what is missing for the architecture: a compiler that it
// may need, or a library.
func (t target) explain(err error) error {
	if t.cgo != "" {
		return fmt.Errorf("%w\n%s has C, which for %s takes %s", err, t.cgo, t.arch, remedy(t.arch))
	}
	if m := noLibrary.FindStringSubmatch(err.Error()); m != nil && t.arch != kernel.HostArch() {
		library := crossNames[t.arch].library
		return fmt.Errorf("%w\n%s is not here for %s: Debian has it as a package of that architecture (dpkg --add-architecture %s && apt-get update && apt-get install PACKAGE:%[4]s)",
			err, m[1], t.arch, library)
	}
	return err
}

// needsC returns a flag or variable that asks for C, "" if there is none.
func needsC(flags Flags) string {
	for _, f := range []string{"-race", "-msan", "-asan"} {
		if slices.Contains(flags.Build, f) {
			return f
		}
	}
	if os.Getenv("CGO_ENABLED") == "1" {
		return "CGO_ENABLED=1"
	}
	return ""
}

// cgoPackage returns a package besides the standard library's that the tests of others import and
// that has C, "" if there is none.
func cgoPackage(ctx context.Context, patterns []string, flags Flags, env []string) (string, error) {
	type listed struct {
		ImportPath string
		Standard   bool
		CgoFiles   []string
	}
	env = append(slices.Clone(env), "CGO_ENABLED=1")
	all, err := goList[listed](ctx, patterns, flags, env, "-e", "-deps", "-test", "-json=ImportPath,Standard,CgoFiles")
	for _, one := range all {
		if !one.Standard && len(one.CgoFiles) > 0 {
			return one.ImportPath, err
		}
	}
	return "", err
}

// crossNames are the words that Debian's cross compilers and their C libraries have in the names of
// their packages.
var crossNames = map[kernel.Arch]struct{ triple, library string }{
	kernel.AMD64:   {"x86-64-linux-gnu", "amd64"},
	kernel.ARM64:   {"aarch64-linux-gnu", "arm64"},
	kernel.S390X:   {"s390x-linux-gnu", "s390x"},
	kernel.RISCV64: {"riscv64-linux-gnu", "riscv64"},
	kernel.PPC64EL: {"powerpc64le-linux-gnu", "ppc64el"},
}

// compilerOf returns the name of the C compiler for an architecture.
func compilerOf(arch kernel.Arch) string {
	if arch == kernel.AMD64 {
		return "x86_64-linux-gnu-gcc"
	}
	return crossNames[arch].triple + "-gcc"
}

// remedy returns the compiler, and how Debian has it.
func remedy(arch kernel.Arch) string {
	n := crossNames[arch]
	return fmt.Sprintf("%s (apt-get install gcc-%s libc6-dev-%s-cross)", compilerOf(arch), n.triple, n.library)
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}
