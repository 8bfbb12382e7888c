// Package plan decides what a run will do: which lab on which kernel, in
// which order. It is pure: the same labs, kernels and capabilities always give
// the same plan, and nothing is started.
package plan

import (
	"fmt"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Plan is what a run will do, and what was asked for that it will not do.
type Plan struct {
	Cells    []Cell     // lab by lab, within a lab in the order of the kernels, repeats side by side
	Excluded []Excluded // in the same order
}

// Cell is one lab to be done once on one kernel.
type Cell struct {
	Index  int // place in Plan.Cells
	Lab    *lab.Lab
	Kernel kernel.Image
	Memory int64 // bytes
	CPUs   int
	Round  int // from 1; above 1 only if the plan repeats
}

// Excluded is a lab and a kernel that make no cell. That is no failure: it has
// no verdict and does not count in the exit code.
type Excluded struct {
	Lab    *lab.Lab
	Kernel kernel.Image
	By     By
	Reason string // "the lab is for kernels >=5.8, and this one is 5.4"
}

// By says who excludes a kernel.
type By int

const (
	ByLab      By = iota // the lab's own range of kernels
	ByProvider           // the provider cannot run it
)

// Make plans each lab on each kernel, repeat times. A repeat below 1 counts as
// 1. caps are those of the provider that is named provider.
func Make(labs []*lab.Lab, kernels []kernel.Image, caps vms.Caps, provider string, repeat int) Plan {
	var p Plan
	for _, l := range labs {
		for _, k := range kernels {
			p.add(l, k, caps, provider, max(1, repeat))
		}
	}
	return p
}

func (p *Plan) add(l *lab.Lab, k kernel.Image, caps vms.Caps, provider string, repeat int) {
	if !inRange(l, k) {
		reason := fmt.Sprintf("the lab is for kernels %s, and this one is %s", l.Kernels, k.Version)
		p.Excluded = append(p.Excluded, Excluded{l, k, ByLab, reason})
		return
	}
	if reason := refusal(k, caps, provider); reason != "" {
		p.Excluded = append(p.Excluded, Excluded{l, k, ByProvider, reason})
		return
	}
	for round := range repeat {
		p.Cells = append(p.Cells, Cell{len(p.Cells), l, k, int64(l.Memory), l.CPUs, round + 1})
	}
}

// inRange says whether the lab is for this kernel. One whose version only a
// boot can tell is given the chance.
func inRange(l *lab.Lab, k kernel.Image) bool {
	return k.Version.IsZero() || l.Supports(k.Version)
}

// refusal says why a provider cannot run the kernel, or "". A provider that
// boots no kernel of its own runs those that come without an image file.
func refusal(k kernel.Image, caps vms.Caps, provider string) string {
	bootable := k.Kernel != "" || k.Vmlinux != ""
	switch {
	case caps.Kernels == vms.AnyKernel && !bootable:
		return fmt.Sprintf("%s boots kernels from a file, and %s has none", provider, k.Selector)
	case caps.Kernels == vms.ImageKernels && bootable:
		return fmt.Sprintf("%s runs only the kernels of its own images, not %s from %s", provider, k.Selector, k.Source)
	case caps.Kernels == vms.RunningKernel && bootable:
		return fmt.Sprintf("%s runs only the kernel that is running, not %s from %s", provider, k.Selector, k.Source)
	}
	return ""
}
