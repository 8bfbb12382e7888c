package guest

import (
	"context"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflab/bpflab/harness/probe"
)

// rehearse does once what labs do first: it opens the trace buffer's pipe, loads a small
// program, and undoes both. What the agent and the kernel learn and allocate at the first time is
// in the memory of every copy of this machine then, and not done again in each. What fails
// here will fail in labs, which report it.
func (a *agent) rehearse() {
	a.trace.start(context.Background(), a.shared)
	a.trace.close()
	if probe.LiftMemlock() != nil {
		return
	}
	spec := rehearsal()
	made, _, err := makeMaps(spec, nil)
	if err != nil {
		return
	}
	for _, m := range made {
		defer m.Close()
	}
	a.loader.load(spec, "rehearsal", made).close()
}

// rehearsal returns an object with a map that a probe looks into, and a line that it prints.
func rehearsal() *ebpf.CollectionSpec {
	return &ebpf.CollectionSpec{
		Maps: map[string]*ebpf.MapSpec{
			"rehearsal": {Name: "rehearsal", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1},
		},
		Programs: map[string]*ebpf.ProgramSpec{
			"rehearsal": {Name: "rehearsal", Type: ebpf.Kprobe, SectionName: "kprobe/rehearsal", License: "GPL", Instructions: asm.Instructions{
				asm.StoreImm(asm.RFP, -8, 0, asm.DWord),
				asm.LoadMapPtr(asm.R1, 0).WithReference("rehearsal"),
				asm.Mov.Reg(asm.R2, asm.RFP),
				asm.Add.Imm(asm.R2, -8),
				asm.FnMapLookupElem.Call(),
				asm.Mov.Reg(asm.R1, asm.RFP),
				asm.Add.Imm(asm.R1, -8),
				asm.Mov.Imm(asm.R2, 1),
				asm.FnTracePrintk.Call(),
				asm.Mov.Imm(asm.R0, 0),
				asm.Return(),
			}},
		},
	}
}
