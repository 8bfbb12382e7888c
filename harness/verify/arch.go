package verify

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// objectsFor returns the objects as a kernel of an architecture is asked about them. One of the
// other byte order is left out where its twin was given too, as bpf2go writes both; else its
// result says why no kernel like this takes it.
func objectsFor(objects []*Object, arch kernel.Arch) []*Object {
	arch = arch.OrDefault()
	var out []*Object
	for _, o := range objects {
		switch {
		case o.unread != nil || o.big == arch.BigEndian():
			out = append(out, o)
		case !hasTwin(o, objects):
			other := *o
			other.Programs, other.unread = nil, wrongOrder(arch)
			out = append(out, &other)
		}
	}
	return out
}

// wrongOrder says that an object is of the other byte order than the kernels of an architecture.
func wrongOrder(arch kernel.Arch) *unread {
	has, wants, target := "big", "little", "bpfel"
	if arch.BigEndian() {
		has, wants, target = "little", "big", "bpfeb"
	}
	return &unread{Undecided, Reason{Code: "byte_order", Text: fmt.Sprintf("it is %s-endian, and the kernels of %s are %s-endian", has, arch, wants),
		Fix: fmt.Sprintf("clang -target %s makes one for them, which bpf2go names *_%s.o", target, target)}}
}

// IsOfPair reports whether an object may be one of two of different byte orders, of which one is
// left out where both are given.
func IsOfPair(name string) bool {
	return strings.HasSuffix(name, "_bpfel.o") || strings.HasSuffix(name, "_bpfeb.o")
}

// hasTwin reports whether the objects have the same one of the other byte order.
func hasTwin(o *Object, objects []*Object) bool {
	twin := map[bool]string{true: "_bpfel.o", false: "_bpfeb.o"}[o.big]
	name, isOfPair := strings.CutSuffix(o.path, map[bool]string{true: "_bpfeb.o", false: "_bpfel.o"}[o.big])
	return isOfPair && slices.ContainsFunc(objects, func(other *Object) bool {
		return other.unread == nil && other.big != o.big && filepath.Clean(other.path) == filepath.Clean(name+twin)
	})
}

// CheckKernels returns an error if libbpf was asked for, and a kernel is of another architecture
// than the host's: the program with libbpf is built for that alone.
func (o Options) CheckKernels(kernels []kernel.Image) error {
	for _, k := range kernels {
		if (o.Loader == Libbpf || o.Loader == Both) && k.Arch.OrDefault() != kernel.HostArch() {
			return fmt.Errorf("--loader %s: bpflab's libbpf is built for %s, and the kernel %s is for %s; --loader %s takes cilium/ebpf there", o.Loader, kernel.HostArch(), k.Selector, k.Arch.OrDefault(), Either)
		}
	}
	return nil
}

// loaderFor returns the loader for kernels of an architecture: of another one than the host's only
// cilium/ebpf, which is built for all of them.
func (o Options) loaderFor(arch kernel.Arch) Options {
	if arch.OrDefault() != kernel.HostArch() {
		o.Loader = Cilium
	}
	return o
}
