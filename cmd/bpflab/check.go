package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/project"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// checkFlags are the flags of `bpflab check`.
type checkFlags struct {
	machineFlags
	reportFlags
}

func newCheckCmd() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a project on the kernels that its bpflab.yaml names",
		Long: `Check what a project's file says: build its objects, load their programs on each
kernel, compare with the budgets and rejections that the file has, run the project's
commands, and report all of it as one run.`,
		Example: `  bpflab check
  bpflab check --kernel 6.1 --junit check.xml
  bpflab check bpf/bpflab.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := project.FileName
			if len(args) == 1 {
				file = args[0]
			}
			return f.do(cmd.Context(), streamsOf(cmd), file, cmd.Flags().Changed("kernel"))
		},
	}
	flags := cmd.Flags()
	f.machineFlags.define(flags, "machines at one time (default: one a core)")
	f.defineCold(flags)
	f.defineSplats(flags)
	f.defineConsent(flags, "check")
	f.reportFlags.define(flags)
	return cmd
}

func (f *checkFlags) do(ctx context.Context, std streams, file string, ownKernels bool) error {
	p, err := project.Read(file)
	if err != nil {
		return usageError{err}
	}
	leave, err := f.enter(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer leave()
	if len(p.Kernels) > 0 && !ownKernels {
		f.kernels = nil
		for _, k := range p.Kernels {
			f.kernels = append(f.kernels, string(k))
		}
	}
	if err := buildProject(ctx, std, p.Build); err != nil {
		return err
	}
	checks, err := f.checks(p)
	if err != nil {
		return usageError{err}
	}
	env, err := f.environment(ctx, std, "check loads programs into it")
	if err != nil {
		return err
	}
	checks, err = f.left(std, checks, env.images)
	if err != nil {
		return err
	}
	return f.run(ctx, std, checks, env)
}

// enter goes to the project's directory, to which all paths in its file are relative, until
// leave is called. Those of the reports stay where they are.
func (f *checkFlags) enter(dir string) (leave func(), err error) {
	for _, name := range []*string{&f.json, &f.junit, &f.html, &f.dir} {
		if *name == "" || *name == "-" {
			continue
		}
		if *name, err = filepath.Abs(*name); err != nil {
			return nil, err
		}
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	return func() { os.Chdir(here) }, os.Chdir(dir)
}

// check is one entry of a project's file.
type check interface {
	// on returns the kernels that it is for, or a usage error where it can be asked of none.
	on([]kernel.Image) ([]kernel.Image, error)
	// left says that it is for none of the kernels.
	left() string
	// planned returns the cells that it will have on them.
	planned([]kernel.Image) []report.Planned
	// run returns these cells. The kernels are the environment's.
	run(context.Context, streams, environment) ([]verdict.Cell, error)
}

// checks returns what a project's file wants checked. Errors are of the file.
func (f *checkFlags) checks(p *project.Project) ([]check, error) {
	var all []check
	for i := range p.Objects {
		c, err := newObjectCheck(p, i)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	for i := range p.Packets {
		c, err := f.newPacketCheck(p, i)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	for i, c := range p.Commands {
		made, err := f.newCommandCheck(c)
		if err != nil {
			return nil, p.Mistake(fmt.Sprintf("commands[%d].run", i), "", "%v", err)
		}
		all = append(all, made)
	}
	return all, nil
}

// left returns the checks that some of the kernels are for, and names the others.
func (f *checkFlags) left(std streams, checks []check, kernels []kernel.Image) ([]check, error) {
	var out []check
	for _, c := range checks {
		own, err := c.on(kernels)
		if err != nil {
			return nil, usageError{err}
		}
		if len(own) > 0 {
			out = append(out, c)
		} else {
			fmt.Fprintln(std.err, "bpflab:", c.left())
		}
	}
	return out, needSome(len(out), "check is left for any of these kernels", "name other kernels with --kernel")
}

// run does the checks, one after the other, shows what they see, and writes the reports.
func (f *checkFlags) run(ctx context.Context, std streams, checks []check, env environment) error {
	var planned []report.Planned
	for _, c := range checks {
		own, _ := c.on(env.images)
		planned = append(planned, c.planned(own)...)
	}
	out := std.beside(f.names()...)
	printer := std.printer(out, planned)
	result := verdict.Result{Schema: verdict.Schema, Tool: version, Started: time.Now().UTC(), Command: os.Args, Provider: f.provider.name}
	for _, c := range checks {
		own := env
		own.images, _ = c.on(env.images)
		for i := range c.planned(own.images) {
			printer.Event(verdict.Event{Index: len(result.Cells) + i, Phase: verdict.PhaseStart})
		}
		cells, err := c.run(ctx, std, own)
		if err != nil {
			return err
		}
		for i := range cells {
			printer.Event(verdict.Event{Index: len(result.Cells) + i, Phase: verdict.PhaseDone, Cell: &cells[i]})
		}
		result.Cells = append(result.Cells, cells...)
	}
	result.Seconds = time.Since(result.Started).Seconds()
	if err := errors.Join(printer.Close(result), f.write(std, env.dir, result)); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exitError{verdict.ExitInfra}
	}
	return exitWith(result.Exit())
}

// kernelsIn returns the kernels of a range.
func kernelsIn(kernels []kernel.Image, in kernel.Range) (own []kernel.Image) {
	for _, k := range kernels {
		if in.Contains(k.Version) {
			own = append(own, k)
		}
	}
	return own
}

func leftOut(name string, on kernel.Range) string {
	return fmt.Sprintf("%s is left out: it is for kernels %s", name, on)
}

func plannedOn(name string, kernels []kernel.Image) (all []report.Planned) {
	for _, k := range kernels {
		all = append(all, report.Planned{Lab: name, Kernel: k.Series})
	}
	return all
}
