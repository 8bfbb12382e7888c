package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// runFlags are the flags of `bpflab run`.
type runFlags struct {
	all        bool
	kernels    []string
	provider   providerFlags
	jobs       int
	repeat     int
	retries    int
	cold       bool
	starter    bool
	locked     bool
	mirror     string
	dir        string
	json       string
	junit      string
	html       string
	onFail     failureShell
	allowSplat splatFlag
}

func newRunCmd() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run LAB...",
		Short: "Run labs on kernels",
		Long: `Run labs on kernels, each pair in a machine of its own, and check what comes out.
A LAB is the name of one of the labs in this binary (bpflab labs lists them) or
the path of a lab document of your own.`,
		Example: `  bpflab run hello
  bpflab run hello xdp-drop --kernel 5.10,latest --json results.json
  bpflab run ./mylab/lab.md --kernel '>=6.1'`,
		Args: func(_ *cobra.Command, args []string) error {
			if f.all == (len(args) > 0) {
				return errors.New("name one or more labs, or give --all; `bpflab labs` lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.define(cmd)
	return cmd
}

func (f *runFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "run every lab in this binary")
	f.defineMachines(cmd, "machines at one time (default: one a core)")
	flags.StringVar(&f.provider.target, "target", "", "where an LXD cluster runs them: MEMBER or @GROUP")
	flags.BoolVar(&f.provider.consent, "yes-on-this-kernel", false, "run labs that may harm it on a kernel that others use too")
	flags.IntVar(&f.repeat, "repeat", 1, "run every cell this many times")
	flags.IntVar(&f.retries, "retries", usualRetries, "further attempts when a machine fails, not the lab")
	flags.BoolVar(&f.cold, "cold", false, "boot every machine, fork none")
	f.onFail.define(cmd)
	f.defineSplats(cmd)
	flags.BoolVar(&f.starter, "starter", false, "use the labs' starters instead of their solutions")
	f.defineReports(cmd)
}

// defineReports defines the flags of every command that writes reports.
func (f *runFlags) defineReports(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.json, "json", "", "write the results as JSON to this file, - for standard output")
	flags.StringVar(&f.junit, "junit", "", "write the results as JUnit XML to this file, - for standard output")
	flags.StringVar(&f.html, "html", "", "write the results as one HTML page to this file, - for standard output")
}

// toStdout tells that a report goes to standard output.
func (f *runFlags) toStdout() bool { return slices.Contains([]string{f.json, f.junit, f.html}, "-") }

// reports tells that a report was asked for.
func (f *runFlags) reports() bool { return f.json != "" || f.junit != "" || f.html != "" }

// usualRetries is how often a task is tried again whose machine failed.
const usualRetries = 1

// defineMachines defines the flags of every command that boots kernels.
func (f *runFlags) defineMachines(cmd *cobra.Command, jobs string) {
	flags := cmd.Flags()
	f.retries = usualRetries
	flags.StringSliceVar(&f.kernels, "kernel", []string{"default"}, "kernels: series, versions, ranges, latest, all, local:NAME")
	flags.StringVar(&f.provider.name, "provider", defaultProvider, "what runs the machines: "+strings.Join(providerNames(), ", "))
	flags.IntVarP(&f.jobs, "jobs", "j", 0, jobs)
	flags.BoolVar(&f.locked, "locked", false, "fail if a pinned kernel is no longer to be had")
	flags.StringVar(&f.mirror, "mirror", "", "Debian mirror to fetch kernels from")
	flags.StringVar(&f.dir, "dir", "", "directory for the results (default: a new one in the state directory)")
}

func (f *runFlags) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	var lib library
	labs, err := f.labs(&lib, args)
	if err != nil {
		return err
	}
	if err := f.onFail.prepare(cmd, &f.jobs); err != nil {
		return err
	}
	provider, err := f.provider.open()
	if err != nil {
		return err
	}
	caps, err := provider.Caps(ctx)
	if err != nil {
		return err
	}
	images, err := f.images(ctx, cmd, provider)
	if err != nil {
		return err
	}
	made := plan.Make(labs, images, plan.Options{Provider: provider.Name(), Caps: caps, Repeat: f.repeat, Consent: f.provider.consent})
	for _, x := range made.Excluded {
		fmt.Fprintf(cmd.ErrOrStderr(), "bpflab: %s on %s is left out: %s\n", x.Lab.Name, x.Kernel.Selector, x.Reason)
	}
	if err := needSome(len(made.Cells), "lab is left for any of these kernels", "name other kernels with --kernel, or other labs"); err != nil {
		return err
	}
	result, err := f.execute(ctx, cmd, made.Cells, provider, caps, &lib)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exitError{verdict.ExitInfra}
	}
	if code := result.Exit(); code != verdict.ExitOK {
		return exitError{code}
	}
	return nil
}

func (f *runFlags) labs(lib *library, args []string) ([]*lab.Lab, error) {
	if f.repeat < 1 || f.jobs < 0 || f.retries < 0 {
		return nil, usageError{errors.New("--repeat is at least 1, --jobs and --retries at least 0")}
	}
	if f.all {
		all, err := lab.All(course{})
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			args = append(args, l.Name)
		}
	}
	return lib.find(args)
}

// images resolves the selectors and fetches what is not in the cache.
func (f *runFlags) images(ctx context.Context, cmd *cobra.Command, p vms.Provider) ([]kernel.Image, error) {
	images, others, err := providerKernels(ctx, p, f.kernels)
	if err != nil {
		return nil, err
	}
	if len(others) == 0 {
		return images, needSome(len(images), "kernels", "--kernel "+strings.Join(f.kernels, ",")+" names none that "+p.Name()+" has")
	}
	cat, err := openCatalogue(cmd, f.mirror, f.locked)
	if err != nil {
		return nil, err
	}
	fetched, err := fetchImages(ctx, cat, others)
	return append(images, fetched...), err
}

// distinct are the selected kernels, each with a selector of its own: those of "all"
// and of a range are named by their series, or their release.
func (f *runFlags) distinct(ctx context.Context, cmd *cobra.Command, p vms.Provider) ([]kernel.Image, error) {
	images, err := f.images(ctx, cmd, p)
	return distinct(images), err
}

func distinct(images []kernel.Image) []kernel.Image {
	for _, name := range []func(kernel.Image) string{
		func(k kernel.Image) string { return k.Series },
		func(k kernel.Image) string { return k.Release },
	} {
		times := map[string]int{}
		for _, k := range images {
			times[k.Selector]++
		}
		for i := range images {
			if better := name(images[i]); times[images[i].Selector] > 1 && better != "" {
				images[i].Selector = better
			}
		}
	}
	return images
}

// execute runs the cells, shows them as they go, and writes the results.
func (f *runFlags) execute(ctx context.Context, cmd *cobra.Command, cells []plan.Cell, provider vms.Provider, caps vms.Caps, lib *library) (verdict.Result, error) {
	dir, err := resultDir(f.dir)
	if err != nil {
		return verdict.Result{}, err
	}
	pool, err := f.pool(provider, caps, dir)
	if err != nil {
		return verdict.Result{}, err
	}
	cache, err := store.DefaultRoot()
	if err != nil {
		return verdict.Result{}, err
	}
	out := cmd.OutOrStdout()
	if f.toStdout() {
		out = cmd.ErrOrStderr()
	}
	printer := report.New(out, planned(cells), isTerminal(out) && !f.onFail.wanted)
	began := time.Now()
	done := run.Run(ctx, cells, run.Options{
		Pool:    pool,
		Builder: build.New(build.Options{Cache: objectCache(cache)}),
		Tree:    lib.tree,
		Starter: f.starter,
		OnEvent: printer.Event,
		OnFail:  f.onFail.step(),
	})
	for i := range done {
		done[i].LabFile = lib.files[cells[i].Lab]
	}
	result := verdict.Result{Schema: verdict.Schema, Tool: version, Started: began.UTC(), Starter: f.starter,
		Provider: f.provider.name, Target: f.provider.target,
		Seconds: time.Since(began).Seconds(), Command: os.Args, Cells: done}
	return result, errors.Join(printer.Close(result), f.write(cmd, dir, result))
}

func (f *runFlags) write(cmd *cobra.Command, dir string, result verdict.Result) error {
	if err := report.WriteDir(dir, result); err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "results in", dir)
	if err := stepSummary(result); err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "bpflab: the job's summary was not written:", err)
	}
	stdout := cmd.OutOrStdout()
	return errors.Join(writeTo(f.json, stdout, result, report.JSON),
		writeTo(f.junit, stdout, result, report.JUnit),
		writeTo(f.html, stdout, result, pageAt(f.html, dir, nil)))
}

func planned(cells []plan.Cell) []report.Planned {
	var out []report.Planned
	for _, c := range cells {
		out = append(out, report.Planned{Lab: c.Lab.Name, Kernel: c.Kernel.Series})
	}
	return out
}
