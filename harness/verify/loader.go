package verify

import (
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/bpflab/bpflab/harness/libbpf"
)

// Loaders of objects.
const (
	Cilium = "cilium" // cilium/ebpf, within bpflab's agent
	Libbpf = "libbpf" // the loader of package libbpf
	Either = "either" // cilium/ebpf, and libbpf for what that cannot load
	Auto   = "auto"   // the one that the object is for, and the other one for what that does not load
	Both   = "both"   // one after the other
)

// Loaders are the values of Options.Loader.
var Loaders = []string{Either, Auto, Cilium, Libbpf, Both}

// loadersOf returns the loaders of an object's programs.
func (o Options) loadersOf(object *Object) []string {
	if o.Expect {
		return []string{Cilium}
	}
	switch o.Loader {
	case Both:
		return []string{Cilium, Libbpf}
	case Libbpf:
		return []string{Libbpf}
	case Auto:
		if libbpf.Built() && !object.Go {
			return []string{Libbpf}
		}
	}
	return []string{Cilium}
}

// CheckLoader returns an error if there is no such loader, or the binary lacks it.
func CheckLoader(name string) error {
	if !slices.Contains(Loaders, name) {
		return fmt.Errorf("--loader %q is none of %q", name, Loaders)
	}
	if (name == Libbpf || name == Both) && !libbpf.Built() {
		return fmt.Errorf("--loader %s: %w", name, libbpf.ErrNotBuilt)
	}
	return nil
}

// ciliumVersion returns the version of cilium/ebpf in this binary, "v0.22.0".
func ciliumVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/cilium/ebpf" {
			return m.Version
		}
	}
	return ""
}
