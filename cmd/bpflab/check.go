package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
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
	watch   bool
	runTime bool
	seed    int64 // of the packets of fuzz, in place of the file's; -1 is none
}

func newCheckCmd() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a project on the kernels that its bpflab.yaml names",
		Long: `Check what a project's file says: build its objects, load their programs on each
kernel, compare with the budgets and rejections that the file has, run the project's
commands, and report all of it as one run. With --watch, do so again whenever a file is
saved, until Ctrl-C: what has not changed keeps its results.`,
		Example: `  bpflab check
  bpflab check --watch
  bpflab check --kernel 6.1 --junit check.xml
  bpflab check bpf/bpflab.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := project.FileName
			if len(args) == 1 {
				file = args[0]
			}
			r := checkRun{checkFlags: &f, std: streamsOf(cmd), file: file, usual: f.kernels, chosen: cmd.Flags().Changed("kernel")}
			if f.watch {
				return r.again(cmd.Context())
			}
			return r.once(cmd.Context())
		},
	}
	flags := cmd.Flags()
	f.machineFlags.define(flags, "machines at one time (default: one a core)")
	f.defineCold(flags)
	f.defineSplats(flags)
	f.defineConsent(flags, "check")
	f.reportFlags.define(flags)
	flags.BoolVar(&f.runTime, "run-time", false, "count how often and how long programs run that packet tests and commands load, as ratios (Linux 5.1)")
	flags.BoolVar(&f.watch, "watch", false, "check again whenever a file is saved, until Ctrl-C")
	flags.Int64Var(&f.seed, "seed", -1, "seed of the packets of fuzz, in place of the file's")
	return cmd
}

// checkRun checks a project, with --watch more than once.
type checkRun struct {
	*checkFlags
	std    streams
	file   string
	usual  []string // kernels for a project that names none, or those of --kernel
	chosen bool     // by --kernel

	project *project.Project // as last read without a mistake
	checks  []check          // of it
	record  *record          // with --watch
	seen    *projectWatch    // with --watch
	built   bool             // since the last change of what the build may read
}

// once checks the project as it is now.
func (r *checkRun) once(ctx context.Context) error {
	p, err := project.Read(r.file)
	if err != nil {
		return usageError{err}
	}
	r.built = r.built && reflect.DeepEqual(p.Build, r.project.Build)
	r.project = p
	leave, err := r.enter(filepath.Dir(r.file))
	if err != nil {
		return err
	}
	defer leave()
	if err := r.build(ctx); err != nil {
		return err
	}
	if r.checks, err = r.read(p, r.file); err != nil {
		return usageError{err}
	}
	env, err := r.environment(ctx, r.std, "check loads programs into it")
	if err != nil {
		return err
	}
	checks, err := r.left(r.std, r.checks, env.images)
	if err != nil {
		return err
	}
	return r.run(ctx, checks, env)
}

// build makes the project's objects, if there are kernels to check them on.
func (r *checkRun) build(ctx context.Context) error {
	r.kernels = r.usual
	if !r.chosen && len(r.project.Kernels) > 0 {
		r.kernels = r.project.Selectors()
	}
	if r.project.Build == nil || r.built {
		return nil
	}
	if err := r.checkKernels(ctx); err != nil {
		return err
	}
	build := func() error { return buildProject(ctx, r.std, r.project.Build) }
	var err error
	if r.seen != nil {
		err = r.seen.build(build)
	} else {
		err = build()
	}
	r.built = err == nil
	return err
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
	// left says what of it is for none of the kernels.
	left([]kernel.Image) []string
	// planned returns the cells that it will have on them.
	planned([]kernel.Image) []report.Planned
	// run returns these cells. The kernels are the environment's.
	run(context.Context, streams, environment) ([]verdict.Cell, error)

	// rows returns the names of the cells in their order, and only a check of some of them.
	rows() []row
	only(rows []int) check
}

// read returns what a project's file wants checked. Errors are of the file.
func (f *checkFlags) read(p *project.Project, file string) ([]check, error) {
	var all []check
	for i := range p.Objects {
		c, err := newObjectCheck(p, i)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	packets, err := f.newPacketChecks(p, file)
	if err != nil {
		return nil, err
	}
	all = append(all, packets...)
	for i, c := range p.Commands {
		made, err := f.newCommandCheck(c)
		if err != nil {
			return nil, p.Mistake(fmt.Sprintf("commands[%d].run", i), "", "%v", err)
		}
		all = append(all, made)
	}
	return all, nil
}

// left returns the checks that some of the kernels are for, and names what is for none.
func (f *checkFlags) left(std streams, checks []check, kernels []kernel.Image) ([]check, error) {
	var out []check
	for _, c := range checks {
		own, err := c.on(kernels)
		if err != nil {
			return nil, usageError{err}
		}
		if len(own) > 0 {
			out = append(out, c)
		}
		for _, what := range c.left(kernels) {
			fmt.Fprintln(std.err, "bpflab:", what)
		}
	}
	return out, needSome(len(out), "check is left for any of these kernels", "name other kernels with --kernel")
}

// run does the checks, one after the other, shows what they see, and writes the reports.
func (r *checkRun) run(ctx context.Context, checks []check, env environment) error {
	var planned []report.Planned
	for _, c := range checks {
		own, _ := c.on(env.images)
		planned = append(planned, c.planned(own)...)
	}
	out := r.std.beside(r.names()...)
	printer := r.std.printer(out, planned)
	result := verdict.Result{Schema: verdict.Schema, Tool: version, Started: time.Now().UTC(), Command: os.Args, Provider: r.provider.name}
	for _, c := range checks {
		own := env
		own.images, _ = c.on(env.images)
		for i := range c.planned(own.images) {
			printer.Event(verdict.Event{Index: len(result.Cells) + i, Phase: verdict.PhaseStart})
		}
		cells, err := r.record.run(ctx, r.std, c, own)
		if err != nil {
			return errors.Join(err, printer.Close(result))
		}
		for i := range cells {
			printer.Event(verdict.Event{Index: len(result.Cells) + i, Phase: verdict.PhaseDone, Cell: &cells[i]})
		}
		result.Cells = append(result.Cells, cells...)
	}
	result.Seconds = time.Since(result.Started).Seconds()
	if err := errors.Join(printer.Close(result), r.write(r.std, env.dir, result)); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exitError{verdict.ExitInfra}
	}
	r.record.turn()
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
