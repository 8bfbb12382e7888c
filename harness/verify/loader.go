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
	Auto   = "auto"   // the one that the object is for
	Both   = "both"   // one after the other
)

// Loaders are the values of Options.Loader.
var Loaders = []string{Auto, Cilium, Libbpf, Both}

// loadersOf returns the loaders of an object's programs.
func (o Options) loadersOf(object *Object) []string {
	switch o.Loader {
	case Both:
		return []string{Cilium, Libbpf}
	case Libbpf:
		return []string{Libbpf}
	case Auto:
		if libbpf.Built() && (!object.Go || object.Refused != "") {
			return []string{Libbpf}
		}
	}
	return []string{Cilium}
}

// instead returns why an object has another loader than the one it is for, "" if it has
// that one.
func (o Options) instead(object *Object) string {
	if o.Loader == Auto && !object.Go && !libbpf.Built() {
		return loadedInstead + "cilium/ebpf and not libbpf: " + libbpf.ErrNotBuilt.Error()
	}
	return ""
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
