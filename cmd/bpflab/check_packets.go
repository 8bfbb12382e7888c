package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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

// packetCheck is the packet tests of a project that are for the same kernels. Those of a kernel
// share a machine; each loads its object afresh, so that none sees what another one has left
// in a map.
type packetCheck struct {
	tests   []project.PacketTest
	objects []objectFile // of each
	flags   *commandFlags
	file    string // the project's
	seed    int64  // in place of the file's; -1 is none
	number  int    // among the checks of packets
	runTime bool
}

// objectFile is an object's ELF.
type objectFile []byte

// newPacketChecks reads the objects and captures of all packet tests.
func (f *checkFlags) newPacketChecks(p *project.Project, file string) (all []check, err error) {
	byKernels := map[string]*packetCheck{}
	for i, t := range p.Packets {
		if f.seed >= 0 {
			t.Lab().Reseed(f.seed)
		}
		object, err := packetObject(p, i)
		if err != nil {
			return nil, err
		}
		c := byKernels[t.On.String()]
		if c == nil {
			c = &packetCheck{flags: &commandFlags{machineFlags: f.machineFlags, cpus: t.Lab().CPUs}, file: file, seed: f.seed, number: len(all), runTime: f.runTime}
			c.flags.memory.Size = packetMemory
			byKernels[t.On.String()], all = c, append(all, c)
		}
		c.tests, c.objects = append(c.tests, t), append(c.objects, object)
	}
	return all, nil
}

// packetObject reads the object of the packet test with an index, and what else it needs.
func packetObject(p *project.Project, index int) (objectFile, error) {
	name, at := p.Packets[index].Object, fmt.Sprintf("packets[%d].object", index)
	objects, err := openObjects([]string{name})
	if err != nil {
		return nil, p.Mistake(at, "is it built?", "%v", err)
	}
	object, err := os.ReadFile(name)
	if err != nil {
		return nil, p.Mistake(at, "", "%v", err)
	}
	return object, p.CheckPackets(index, objects[0], object)
}

func (c *packetCheck) on(kernels []kernel.Image) ([]kernel.Image, error) {
	return kernelsIn(kernels, c.tests[0].On), nil
}

func (c *packetCheck) left(kernels []kernel.Image) (out []string) {
	if len(kernelsIn(kernels, c.tests[0].On)) > 0 {
		return nil
	}
	for _, t := range c.tests {
		out = append(out, leftOut(t.Name, t.On))
	}
	return out
}

func (c *packetCheck) planned(kernels []kernel.Image) (all []report.Planned) {
	for _, t := range c.tests {
		all = append(all, plannedOn(t.Name, kernelsIn(kernels, t.On))...)
	}
	return all
}

// packetRun is a test on a kernel.
type packetRun struct {
	kernel kernel.Image
	cell   verdict.Cell
	fuzzed []session.Fuzzed
}

func (c *packetCheck) rows() (all []row) {
	for i, t := range c.tests {
		all = append(all, row{t.Name, t.Basis(), digest(text([]byte(c.objects[i])), text(fmt.Sprint(stampsOf(t.Captures()))))})
	}
	return all
}

func (c *packetCheck) only(rows []int) check {
	own := *c
	own.tests, own.objects = nil, nil
	for _, i := range rows {
		own.tests, own.objects = append(own.tests, c.tests[i]), append(own.objects, c.objects[i])
	}
	return &own
}

func (c *packetCheck) files() (all []string) {
	for _, t := range c.tests {
		all = append(all, t.Captures()...)
	}
	return all
}

func (c *packetCheck) run(ctx context.Context, _ streams, env environment) ([]verdict.Cell, error) {
	runs := make([][]packetRun, len(c.tests)) // by test, then by kernel
	var groups []command.Group
	var places [][]*packetRun
	for i, t := range c.tests {
		for _, k := range kernelsIn(env.images, t.On) {
			runs[i] = append(runs[i], packetRun{kernel: k})
		}
	}
	for _, k := range env.images {
		g := command.Group{Task: c.flags.task("run", k, filepath.Join("machines", fmt.Sprintf("packets-%03d-%s", c.number, packetDir(k))))}
		var of []*packetRun
		for i := range runs {
			for n := range runs[i] {
				if r := &runs[i][n]; r.kernel.Selector == k.Selector {
					g.Jobs, of = append(g.Jobs, command.Job{Name: c.tests[i].Name, Do: c.do(i, r)}), append(of, r)
				}
			}
		}
		groups, places = append(groups, g), append(places, of)
	}
	for i, cells := range command.Groups(ctx, env.pool, groups) {
		for n := range cells {
			places[i][n].cell = cells[n]
		}
	}
	var out []verdict.Cell
	for i := range runs {
		c.compare(runs[i])
		for _, r := range runs[i] {
			out = append(out, r.cell)
		}
	}
	return out, nil
}

// packetDir returns a name that file systems take.
func packetDir(k kernel.Image) string {
	return strings.NewReplacer(":", "-", "/", "-").Replace(k.Selector)
}

// do returns what does a test in a machine.
func (c *packetCheck) do(i int, r *packetRun) func(context.Context, *scheduler.Attempt, *verdict.Cell) error {
	return func(ctx context.Context, a *scheduler.Attempt, cell *verdict.Cell) error {
		out := a.Session.Run(ctx, session.Job{Lab: c.tests[i].Lab(), Kernel: r.kernel, RunTimes: c.runTime, Objects: map[string][]byte{lab.ObjectName: c.objects[i]}})
		cell.Verdict, cell.Reason, cell.Splat, cell.Steps = out.Verdict, out.Reason, out.Splat, append(cell.Steps, out.Steps...)
		cell.Warnings, cell.Durations.Load = append(cell.Warnings, out.Notes...), out.Load
		r.fuzzed = out.Fuzzed
		return out.Err
	}
}

// compare compares what a test made of the packets of fuzz on its kernels.
func (c *packetCheck) compare(runs []packetRun) {
	var all []session.FuzzedOn
	for i := range runs {
		r := &runs[i]
		again := "bpflab check"
		if c.file != project.FileName {
			again += " " + c.file
		}
		if c.seed >= 0 {
			again += fmt.Sprintf(" --seed %d", c.seed)
		}
		all = append(all, session.FuzzedOn{Kernel: r.kernel.Selector, Fuzzed: r.fuzzed, Cell: &r.cell, Again: strings.ReplaceAll(again, "%", "%%") + " --kernel %s"})
	}
	session.CompareFuzzed(all)
}
