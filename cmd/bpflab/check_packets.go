package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/project"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// packetMemory is what a machine for packets has: as much as one for objects and, usually, for
// commands, because only machines of one size share a template.
const packetMemory = 512 * lab.MiB

// packetCheck is a packet test.
type packetCheck struct {
	test   project.PacketTest
	flags  *commandFlags
	object []byte

	runTime bool
}

func (f *checkFlags) newPacketCheck(p *project.Project, index int) (*packetCheck, error) {
	t := p.Packets[index]
	at := fmt.Sprintf("packets[%d].object", index)
	objects, err := openObjects([]string{t.Object})
	if err != nil {
		return nil, p.Mistake(at, "is it built?", "%v", err)
	}
	if err := p.CheckPackets(index, objects[0]); err != nil {
		return nil, err
	}
	object, err := os.ReadFile(t.Object)
	if err != nil {
		return nil, p.Mistake(at, "", "%v", err)
	}
	own := &commandFlags{machineFlags: f.machineFlags, cpus: t.Lab().CPUs}
	own.memory.Size = packetMemory
	return &packetCheck{t, own, object, f.runTime}, nil
}

func (c *packetCheck) on(kernels []kernel.Image) ([]kernel.Image, error) {
	return kernelsIn(kernels, c.test.On), nil
}

func (c *packetCheck) left() string { return leftOut(c.test.Name, c.test.On) }

func (c *packetCheck) planned(kernels []kernel.Image) []report.Planned {
	return plannedOn(c.test.Name, kernels)
}

func (c *packetCheck) rows() []row {
	return []row{{c.test.Name, c.test.Basis(), digest(text(c.object))}}
}

func (c *packetCheck) only([]int) check { return c }

func (c *packetCheck) run(ctx context.Context, _ streams, env environment) ([]verdict.Cell, error) {
	var jobs []command.Job
	for i, k := range env.images {
		dir := filepath.Join("machines", fmt.Sprintf("packets-%03d-%s", i, k.Series))
		jobs = append(jobs, command.Job{Name: c.test.Name, Task: c.flags.task("run", k, dir), Do: func(ctx context.Context, a *scheduler.Attempt, cell *verdict.Cell) error {
			out := a.Session.Run(ctx, session.Job{Lab: c.test.Lab(), Kernel: k, RunTimes: c.runTime, Objects: map[string][]byte{lab.ObjectName: c.object}})
			cell.Verdict, cell.Reason, cell.Splat, cell.Steps = out.Verdict, out.Reason, out.Splat, append(cell.Steps, out.Steps...)
			cell.Warnings, cell.Durations.Load = append(cell.Warnings, out.Notes...), out.Load
			return out.Err
		}})
	}
	return command.Cells(ctx, env.pool, jobs), nil
}
