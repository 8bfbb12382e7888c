package kernel

import (
	"fmt"
	"slices"
)

// BusyboxPackage is Debian's package of a busybox that needs no libraries.
const BusyboxPackage = "busybox-static"

// Busybox is the package with the busybox of an architecture's machines.
type Busybox struct {
	Arch  Arch   `json:"arch"`
	Suite string `json:"suite"` // of Debian that has it
	File  File   `json:"file"`
}

// Ref returns the package as what a source fetches.
func (b Busybox) Ref() Ref {
	return Ref{Source: Debian, Suite: b.Suite, Arch: b.Arch.OrZero(), Files: []File{b.File}}
}

// Check returns what is wrong with b.
func (b Busybox) Check() error {
	switch {
	case !slices.Contains(Arches(), b.Arch):
		return fmt.Errorf("arch %q is none of %s", b.Arch, joinArches(Arches()))
	case b.File.Package != BusyboxPackage:
		return fmt.Errorf("package %q is not %s", b.File.Package, BusyboxPackage)
	}
	return b.File.Check()
}

// lockBusybox is a Busybox as the lock file has it.
type lockBusybox struct {
	Arch    Arch        `yaml:"arch"`
	Suite   string      `yaml:"suite"`
	Package lockPackage `yaml:"package"`
}

func (e lockBusybox) busybox() (Busybox, error) {
	p := e.Package
	b := Busybox{e.Arch, e.Suite, File{p.Name, p.Version, p.Path, p.Size, p.SHA256}}
	return b, b.Check()
}

// Busybox returns the pinned one of an architecture's machines.
func (l Lock) Busybox(arch Arch) (Busybox, bool) {
	i := slices.IndexFunc(l.Busyboxes, func(b Busybox) bool { return b.Arch.Is(arch) })
	if i < 0 {
		return Busybox{}, false
	}
	return l.Busyboxes[i], true
}

// WithBusybox returns a Lock in which b is that of its architecture.
func (l Lock) WithBusybox(b Busybox) Lock {
	all := slices.DeleteFunc(slices.Clone(l.Busyboxes), func(o Busybox) bool { return o.Arch.Is(b.Arch) })
	all = append(all, b)
	slices.SortFunc(all, func(a, b Busybox) int { return a.Arch.rank() - b.Arch.rank() })
	return Lock{l.Refs, all}
}

// Foreign returns the architectures of the pinned kernels, each once, where one is not this
// host's or, as on most hosts, AMD64; nil where all are.
func (l Lock) Foreign() []Arch {
	var found []Arch
	foreign := !HostArch().Is(AMD64)
	for _, a := range Arches() {
		if slices.ContainsFunc(l.Refs, func(r Ref) bool { return r.Arch.Is(a) }) {
			found = append(found, a)
			foreign = foreign || !a.Is(AMD64)
		}
	}
	if !foreign {
		return nil
	}
	return found
}
