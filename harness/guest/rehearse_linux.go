package guest

import (
	"context"
	"io"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// rehearse does once what labs do first: it opens the trace buffer's pipe, loads and attaches a
// small program, runs a command, and undoes all that. What the agent and the kernel learn and
// allocate at the first time is in the memory of every copy of this machine then, and not done
// again in each. What fails here will fail in labs, which report it.
func (a *agent) rehearse() {
	wire.Rehearse(new(none))
	a.trace.start(context.Background(), a.shared)
	a.trace.close()
	a.rehearseLoad()
	a.rehearseCommand()
	a.quiet(context.Background(), wire.QuietAsk{Within: quietAfterRehearsal})
}

// rehearseLoad loads a program and attaches it to a system call.
func (a *agent) rehearseLoad() {
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
	loaded := a.loader.load(spec, "rehearsal", made)
	defer loaded.close()
	if loaded.coll == nil {
		return
	}
	if l, err := probers["kprobe"](loaded.coll.Programs["rehearsal"], "sys_getpid"); err == nil {
		l.Close()
	}
}

// rehearseCommand runs a command that does nothing.
func (a *agent) rehearseCommand() {
	args := wire.Exec{ID: "rehearsal", Argv: []string{"true"}}
	cmd, err := command(context.Background(), args)
	if err != nil {
		return
	}
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	a.run(cmd, args, nil)
}

const quietAfterRehearsal = 300 * time.Millisecond

// rehearsal returns an object with a map that a probe looks into, and a line that it prints.
func rehearsal() *ebpf.CollectionSpec {
	return &ebpf.CollectionSpec{
		Maps: map[string]*ebpf.MapSpec{
			"rehearsal": {Name: "rehearsal", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1},
		},
		Programs: map[string]*ebpf.ProgramSpec{
			"rehearsal": {Name: "rehearsal", Type: ebpf.Kprobe, SectionName: "kprobe/rehearsal", License: "GPL", Instructions: asm.Instructions{
				asm.Mov.Imm(asm.R1, 0),
				asm.StoreMem(asm.RFP, -8, asm.R1, asm.DWord),
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
