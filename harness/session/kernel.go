package session

import (
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// KernelOf returns what results say of a kernel before it has run.
func KernelOf(k kernel.Image) verdict.Kernel {
	return verdict.Kernel{
		Selector: k.Selector, Release: k.Release, Source: k.Source, Track: k.Track, Arch: string(k.Arch), Suite: k.Suite,
		Package: k.Package, Version: k.PkgVer, SHA256: k.SHA256, Signer: k.Signer,
		Variant: string(k.Variant),
	}
}
