//go:build linux

package qemu

import (
	"errors"

	"github.com/bpflab/bpflab/vms"
)

// hypervisor returns what runs a machine, for results.
func (p *Provider) hypervisor(s spec) vms.Hypervisor {
	if s.accel == "" {
		return vms.Hypervisor{}
	}
	return vms.Hypervisor{Accelerator: s.accel, Version: parseVersion(s.qemu.version), Binary: s.qemu.path, Machine: s.platform().machine, CPU: s.cpu()}
}

// on makes a *vms.StartError name the hypervisor.
func on(h vms.Hypervisor, err error) error {
	var start *vms.StartError
	if errors.As(err, &start) {
		start.On = h
	}
	return err
}

// accelOf returns which accelerator a machine gets.
func accelOf(caps vms.Caps, want vms.Spec) string {
	if want.Emulate && caps.Fallback != "" {
		return caps.Fallback
	}
	return caps.Accelerator
}
