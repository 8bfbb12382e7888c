//go:build linux

package qemu

import (
	"errors"
	"os/exec"
	"path/filepath"

	"github.com/bpflab/bpflab/vms"
)

// hypervisor returns what runs a machine, for results.
func (p *Provider) hypervisor(version string, s spec) vms.Hypervisor {
	if s.accel == "" {
		return vms.Hypervisor{}
	}
	return vms.Hypervisor{Accelerator: s.accel, Version: parseVersion(version), Binary: p.binary(), Machine: machineType, CPU: s.cpu()}
}

// binary returns the path of QEMU, as far as it can be found.
func (p *Provider) binary() string {
	path, err := exec.LookPath(p.options.Binary)
	if err != nil {
		return p.options.Binary
	}
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}

// on has a *vms.StartError name the hypervisor.
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

// slowed has a machine's limits of time follow the host's speed.
func (s spec) slowed(m *machine, err error) (*machine, error) {
	if m != nil {
		m.About.Slowness = s.slowness
	}
	return m, err
}
