package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/project"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// commandCheck is a command, run as `bpflab exec` does.
type commandCheck struct {
	command project.Command
	flags   *execFlags
	made    command.Command
	runTime bool // is wanted of all
}

func (f *checkFlags) newCommandCheck(c project.Command) (*commandCheck, error) {
	e := &execFlags{commandFlags: commandFlags{machineFlags: f.machineFlags, copy: c.Copy, env: c.Env, cpus: c.CPUs, timeout: c.Timeout}}
	e.memory.Size, e.rootfs.text = c.Memory, c.Rootfs
	made, err := e.command(c.Run)
	return &commandCheck{c, e, made, f.runTime}, err
}

func (c *commandCheck) on(kernels []kernel.Image) ([]kernel.Image, error) {
	own := kernelsIn(kernels, c.command.On)
	return own, checkProgram(c.made.Argv[0], own, c.flags.rootfs)
}

func (c *commandCheck) left(kernels []kernel.Image) []string {
	if len(kernelsIn(kernels, c.command.On)) > 0 {
		return nil
	}
	return []string{leftOut(c.command.Name, c.command.On)}
}

func (c *commandCheck) planned(kernels []kernel.Image) []report.Planned {
	return plannedOn(c.command.Name, kernels)
}

func (c *commandCheck) rows() []row {
	rootfs := fmt.Sprint(stampsOf(nonEmpty(c.flags.rootfs.text)))
	return []row{{c.command.Name, c.command, digest(text(rootfs), text(strings.Join(c.made.Env, "\x00")), c.made.Files.Tar)}}
}

func (c *commandCheck) only([]int) check { return c }

func (c *commandCheck) files() []string {
	return append(c.made.Files.Paths(), nonEmpty(c.flags.rootfs.text)...)
}

// runTimes returns what judges how long the command's programs ran, nil if nobody asks for that.
func (c *commandCheck) runTimes() func(kernel.Image, []verdict.RunTime, string) []verdict.Check {
	if !c.runTime && len(c.command.RunTimes) == 0 {
		return nil
	}
	return func(k kernel.Image, seen []verdict.RunTime, lacking string) []verdict.Check {
		return c.command.JudgeRunTimes(k.Version, seen, lacking)
	}
}

func (c *commandCheck) run(ctx context.Context, std streams, env environment) ([]verdict.Cell, error) {
	if err := c.flags.rootfs.make(ctx, std, &c.flags.machineFlags, env); err != nil {
		return nil, err
	}
	x := &command.Execution{Pool: env.pool, Kernels: env.images, Task: c.flags.task, Command: c.made,
		Signals: func() (chan string, func()) { return nil, func() {} },
		Input:   func() io.Reader { return nil }, Stdout: io.Discard, Stderr: io.Discard, RunTimes: c.runTimes()}
	cells := x.Run(ctx)
	for i := range cells {
		c.command.Judge(&cells[i], env.images[i].Version, x.Outcomes()[i].Plain())
	}
	return cells, nil
}
