package main

import (
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

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
