package main

import (
	"os"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// A program of this host is refused for another architecture; where there is a root file system, the
// error says how its own is named.
func TestProgramForAnotherArchitecture(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	arch := kernel.S390X
	if kernel.HostArch() == arch {
		arch = kernel.ARM64
	}
	images := []kernel.Image{{Selector: "6.1/other", Arch: arch, Kernel: "/image"}}
	const hint = "; the program of --rootfs is named without its path: "
	err = checkProgram(self, images, rootfsFlag{})
	if err == nil || !strings.Contains(err.Error(), "the kernel 6.1/other is for "+string(arch)) || strings.Contains(err.Error(), hint) {
		t.Errorf("%v", err)
	}
	if err := checkProgram(self, images, rootfsFlag{text: "debian:bookworm"}); err == nil || !strings.Contains(err.Error(), hint) {
		t.Errorf("with a root file system: %v", err)
	}
	if err := checkProgram("bash", images, rootfsFlag{text: "debian:bookworm"}); err != nil {
		t.Errorf("without a path: %v", err)
	}
}

func TestMachineLines(t *testing.T) {
	cell := verdict.Cell{Lab: "uname", Kernel: verdict.Kernel{Selector: "6.1"}}
	if got, want := machineLines(cell), "bpflab: uname on 6.1: no machine\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	cell.StartKind, cell.Durations.Start = "fork", 0.25
	cell.Hypervisor = &verdict.Hypervisor{Accelerator: "tcg", Version: "QEMU 7.2.22", Binary: "/bin/q", Machine: "pc", CPU: "qemu64"}
	cell.Warnings = []string{"a machine failed with kvm"}
	const want = "bpflab: uname on 6.1: fork in 0.25 s, tcg, QEMU 7.2.22, /bin/q, machine pc, CPU qemu64\n" +
		"bpflab: uname on 6.1: a machine failed with kvm\n"
	if got := machineLines(cell); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
