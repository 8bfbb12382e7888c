package kernel

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/suggest"
)

// Arch is an architecture by the name that Debian gives it: "amd64", "ppc64el".
// The zero value stands for AMD64, so that what was written before there were others
// keeps its meaning.
type Arch string

// Architectures whose kernels bpflab can boot.
const (
	AMD64   Arch = "amd64"
	ARM64   Arch = "arm64"
	S390X   Arch = "s390x"
	RISCV64 Arch = "riscv64"
	PPC64EL Arch = "ppc64el"
)

// archNames holds, for each architecture, its other names: GOARCH, and what uname -m
// and the kernel's sources call it.
var archNames = []struct {
	arch    Arch
	goarch  string
	machine string // uname -m
	others  []string
}{
	{AMD64, "amd64", "x86_64", []string{"x86-64", "x64"}},
	{ARM64, "arm64", "aarch64", nil},
	{S390X, "s390x", "s390x", []string{"s390"}},
	{RISCV64, "riscv64", "riscv64", []string{"riscv"}},
	{PPC64EL, "ppc64le", "ppc64le", []string{"powerpc64le"}},
}

// Arches returns all architectures, AMD64 first.
func Arches() []Arch {
	var all []Arch
	for _, n := range archNames {
		all = append(all, n.arch)
	}
	return all
}

// ParseArch returns the architecture with that name: Debian's, Go's, or uname's.
func ParseArch(name string) (Arch, error) {
	for _, n := range archNames {
		if name == string(n.arch) || name == n.goarch || name == n.machine || slices.Contains(n.others, name) {
			return n.arch, nil
		}
	}
	var near string
	if found := suggest.Name(name, archWords()); found != "" {
		near = "; did you mean " + found + "?"
	}
	return "", fmt.Errorf("%q is no architecture that bpflab boots%s (there is: %s)", name, near, joinArches(Arches()))
}

// archWords returns the names that a mistyped one is compared with.
func archWords() []string {
	words := []string{AllArch}
	for _, n := range archNames {
		words = append(words, string(n.arch), n.machine)
	}
	return words
}

// HostArch returns the architecture of this host; AMD64 where it is none of Arches.
func HostArch() Arch {
	for _, n := range archNames {
		if n.goarch == runtime.GOARCH {
			return n.arch
		}
	}
	return AMD64
}

// OrDefault returns the architecture, AMD64 for the zero value.
func (a Arch) OrDefault() Arch {
	if a == "" {
		return AMD64
	}
	return a
}

// OrZero returns the architecture, the zero value for AMD64: as Ref and Image hold it.
func (a Arch) OrZero() Arch {
	if a == AMD64 {
		return ""
	}
	return a
}

// Is reports whether both are the same architecture.
func (a Arch) Is(b Arch) bool { return a.OrDefault() == b.OrDefault() }

// Suffix returns the architecture as labels have it, "/arm64"; "" for AMD64.
func (a Arch) Suffix() string {
	if a.OrZero() == "" {
		return ""
	}
	return "/" + string(a)
}

// GOARCH returns what Go calls it: "ppc64le" for PPC64EL.
func (a Arch) GOARCH() string {
	for _, n := range archNames {
		if n.arch == a.OrDefault() {
			return n.goarch
		}
	}
	return string(a)
}

// Machine returns what uname -m says on it: "aarch64" for ARM64.
func (a Arch) Machine() string {
	for _, n := range archNames {
		if n.arch == a.OrDefault() {
			return n.machine
		}
	}
	return string(a)
}

// hasCloud reports whether Debian has the cloud flavour of it. Of other architectures the
// generic flavour is the only one.
func (a Arch) hasCloud() bool { return a.Is(AMD64) || a == ARM64 }

// rank orders architectures in lists.
func (a Arch) rank() int { return slices.Index(Arches(), a.OrDefault()) }

// BigEndian reports whether it stores the most significant byte first.
func (a Arch) BigEndian() bool { return a == S390X }

func joinArches(all []Arch) string {
	var names []string
	for _, a := range all {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ")
}
