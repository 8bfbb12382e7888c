//go:build linux

package qemu

import (
	"context"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Inspection is what a look at this host shows.
type Inspection struct {
	Hypervisor vms.Hypervisor // of a machine with one processor
	Now        Accelerator    // by a probe that was made now
	Record     Accelerator    // what was on record before, its Name "" if nothing was
}

// Tool is what installs the QEMU for this host's own architecture.
var Tool = platformOf(kernel.HostArch()).tool

// Installed returns the path of the QEMU for this host's own architecture and its first line
// about itself. Errors are those of Caps.
func (p *Provider) Installed(ctx context.Context) (path, version string, err error) {
	found, err := find(ctx, p.binary(kernel.HostArch()), nil)
	return found.path, found.version, err
}

// Inspect tries the accelerators anew, whatever the user wants machines to have, and
// records what came of it. On a host that is not x86-64 there is nothing to try them with, and
// no record.
func (p *Provider) Inspect(ctx context.Context) (Inspection, error) {
	arch := kernel.HostArch()
	found, err := find(ctx, p.binary(arch), nil)
	if err != nil {
		return Inspection{}, err
	}
	if arch != kernel.AMD64 {
		return p.inspectUnprobed(ctx, arch, found)
	}
	r := p.record(found)
	var out Inspection
	switch before := r.read(); {
	case before[KVM].Outcome == ran:
		out.Record = Accelerator{Name: KVM, Found: before[KVM].At}
	case before[KVM].Outcome != "":
		out.Record = Accelerator{Name: TCG, Why: before[KVM].Reason, Found: before[KVM].At}
	case before[TCG].Outcome != "":
		out.Record = Accelerator{Name: TCG, Found: before[TCG].At}
	}
	if out.Now, err = p.best(ctx, r, p.tryAnew); err != nil {
		return out, failed(err)
	}
	out.Hypervisor = p.hypervisor(spec{qemu: found, accel: out.Now.Name, cpus: 1})
	return out, nil
}

// inspectUnprobed is Inspect for an architecture without a probe.
func (p *Provider) inspectUnprobed(ctx context.Context, arch kernel.Arch, found build) (out Inspection, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if out.Now, _, err = p.unprobed(ctx, arch, found); err != nil {
		return out, err
	}
	out.Hypervisor = p.hypervisor(spec{qemu: found, kernel: kernel.Image{Arch: arch.OrZero()}, accel: out.Now.Name, cpus: 1})
	return out, nil
}
