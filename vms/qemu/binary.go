//go:build linux

package qemu

import (
	"os/exec"

	"github.com/bpflab/bpflab/vms/kernel"
)

// usualBinary is the name of QEMU for x86 in PATH.
var usualBinary = platforms[kernel.AMD64].binary

// otherBinaries is where systems have QEMU that have none of the usual name in PATH: RHEL and
// its rebuilds keep it for libvirt alone.
var otherBinaries = []string{"/usr/libexec/qemu-kvm"}

// FindBinary returns the name or the path of QEMU on this host; the usual name if there is none.
func FindBinary() string {
	if _, err := exec.LookPath(usualBinary); err == nil {
		return usualBinary
	}
	for _, path := range otherBinaries {
		if _, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	return usualBinary
}

// binary returns the name or the path of QEMU for an architecture; the user's choice is that
// for x86-64.
func (p *Provider) binary(arch kernel.Arch) string {
	if arch == kernel.AMD64 {
		return p.options.Binary
	}
	return platformOf(arch).binary
}
