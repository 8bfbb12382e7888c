//go:build linux

package qemu

import (
	"context"

	"github.com/bpflab/bpflab/vms"
)

// Inspection is what a look at this host shows.
type Inspection struct {
	Hypervisor vms.Hypervisor // of a machine with one processor
	Now        Accelerator    // by a probe that was made now
	Record     Accelerator    // what was on record before, its Name "" if nothing was
}

// Installed returns the path of QEMU and its first line about itself. Errors are those
// of Caps.
func (p *Provider) Installed(ctx context.Context) (path, version string, err error) {
	found, err := find(ctx, p.options.Binary, nil)
	return found.path, found.version, err
}

// Inspect tries the accelerators anew, whatever the user wants machines to have, and
// records what came of it.
func (p *Provider) Inspect(ctx context.Context) (Inspection, error) {
	found, err := find(ctx, p.options.Binary, nil)
	if err != nil {
		return Inspection{}, err
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
