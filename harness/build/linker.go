package build

import (
	"fmt"
	"os/exec"

	"github.com/bpflab/bpflab/vms/install"
	"github.com/bpflab/bpflab/vms/kernel"
)

// LinkerError is a program for another processor that this host cannot link: clang compiles
// for all, and a linker is for one.
type LinkerError struct {
	Arch kernel.Arch
	Hint string
}

func (e *LinkerError) Error() string {
	return fmt.Sprintf("no linker for programs of %s, %s-ld, is installed on this host; %s", e.Arch, targets[e.Arch].triple, e.Hint)
}

// checkLinker returns a *LinkerError where clang would find no linker.
func checkLinker(arch kernel.Arch) error {
	if arch.OrDefault() == kernel.HostArch() {
		return nil
	}
	if _, err := exec.LookPath(targets[arch.OrDefault()].triple + "-ld"); err == nil {
		return nil
	}
	return &LinkerError{arch.OrDefault(), install.Host().Hint(linkers[arch.OrDefault()])}
}

// linkers are what brings the linkers.
var linkers = map[kernel.Arch]install.Tool{
	kernel.AMD64: install.LinkerAMD64, kernel.ARM64: install.LinkerARM, kernel.S390X: install.LinkerS390X,
	kernel.RISCV64: install.LinkerRISCV, kernel.PPC64EL: install.LinkerPPC,
}
