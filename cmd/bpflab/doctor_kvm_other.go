//go:build !linux

package main

import (
	"context"
	"os/exec"
	"strings"

	"github.com/bpflab/bpflab/vms/install"
)

func checkQEMU(ctx context.Context) finding {
	const name = "qemu"
	out, err := exec.CommandContext(ctx, "qemu-system-x86_64", "--version").Output()
	if err != nil {
		return lack(name, true, "qemu-system-x86_64 cannot be run: "+err.Error(), install.QEMU)
	}
	version, _, _ := strings.Cut(string(out), "\n")
	return finding{Name: name, State: stateOK, Required: true, Detail: version}
}

// checkKVM says that there is no KVM: only Linux has it.
func checkKVM(context.Context) finding {
	return finding{Name: "kvm", State: stateMissing, Detail: "only Linux has KVM"}
}
