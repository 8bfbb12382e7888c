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
	ByCaution            // the lab may harm a kernel that others use too
)

// Options say what a plan is made for.
type Options struct {
	Provider string   // its name
	Caps     vms.Caps // what it can do
	Repeat   int      // how often each cell is done; below 1 counts as 1
	Consent  bool     // labs may harm the kernel, though others use it too
}

// Make plans each lab on each kernel.
func Make(labs []*lab.Lab, kernels []kernel.Image, o Options) Plan {
	var p Plan
	for _, l := range labs {
		for _, k := range kernels {
			p.add(l, k, o)
		}
	}
	return p
}

func (p *Plan) add(l *lab.Lab, k kernel.Image, o Options) {
	leaveOut := func(by By, reason string) { p.Excluded = append(p.Excluded, Excluded{l, k, by, reason}) }
	if !inRange(l, k) {
		leaveOut(ByLab, fmt.Sprintf("the lab is for kernels %s, and this one is %s", l.Kernels, k.Version))
		return
	}
	if reason := refusal(k, o.Caps, o.Provider); reason != "" {
		leaveOut(ByProvider, reason)
		return
	}
	if o.Caps.Shared && !l.Harmless && !o.Consent {
		leaveOut(ByCaution, fmt.Sprintf("it does not say `harmless: true`, and the kernel of %s is used by others too; --yes-on-this-kernel runs it all the same", o.Provider))
		return
	}
	for round := range max(1, o.Repeat) {
		p.Cells = append(p.Cells, Cell{len(p.Cells), l, k, int64(l.Memory), l.CPUs, round + 1})
	}
}

// inRange reports whether the lab is for this kernel. A kernel whose
// version only a boot can show is in range.
func inRange(l *lab.Lab, k kernel.Image) bool {
	return k.Version.IsZero() || l.Supports(k.Version)
}

// refusal returns why a provider cannot run the kernel, or "". A provider that
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
