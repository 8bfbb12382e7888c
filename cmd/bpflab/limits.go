package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/limits"
	"github.com/bpflab/bpflab/harness/verdict"
)

// limitsFlags are the flags of `bpflab limits`.
type limitsFlags struct {
	run      runFlags // kernels, provider, mirror, locked, jobs, directory
	only     []string
	details  bool
	json     string
	markdown string
	svg      string
}

func newLimitsCmd() *cobra.Command {
	var f limitsFlags
	cmd := &cobra.Command{
		Use:   "limits",
		Short: "Measure the verifier's limits on many kernels",
		Long: `Measure the verifier's limits on many kernels, as root and as a user without
capabilities: generated programs are loaded, larger and larger, until one is rejected.
A figure is the largest size that was accepted; --details and --json have the first that
was rejected too, and what the kernel said.

The limits are ` + strings.Join(limits.Names(), ", ") + `.`,
		Example: `  bpflab limits --kernel all
  bpflab limits --kernel 6.1 --details
  bpflab limits --only stack_bytes,call_depth --json limits.json --svg limits.svg`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.do(cmd) },
	}
	flags := cmd.Flags()
	f.run.defineMachines(cmd, "machines at one time (default: one a core; each may take 3 GiB)")
	flags.StringSliceVar(&f.only, "only", nil, "only these limits")
	flags.BoolVar(&f.details, "details", false, "show what was rejected, and what the kernel said")
	flags.StringVar(&f.json, "json", "", "write the figures as JSON to this file, - for standard output")
	flags.StringVar(&f.markdown, "markdown", "", "write them as a Markdown page to this file, - for standard output")
	flags.StringVar(&f.svg, "svg", "", "plot them over the kernels to this SVG file, - for standard output")
	flags.BoolVar(&f.run.provider.consent, "yes-on-this-kernel", false, "measure on a kernel that others use too")
	return cmd
}

func (f *limitsFlags) do(cmd *cobra.Command) error {
	ctx := cmd.Context()
	for _, name := range f.only {
		if !slices.Contains(limits.Names(), name) {
			return usageError{fmt.Errorf("no limit %q; there is %s", name, strings.Join(limits.Names(), ", "))}
		}
	}
	g, err := f.run.ground(ctx, cmd, "a million instructions keep its verifier busy")
	if err != nil {
		return err
	}
	began := time.Now()
	report := limits.Run(ctx, g.images, limits.Options{Pool: g.pool, Only: f.only, OnLimit: showLimit(cmd.ErrOrStderr())})
	report.Tool, report.Started, report.Seconds = version, began.UTC(), time.Since(began).Seconds()
	if err := f.write(cmd, report); err != nil {
		return err
	}
	if report.Failures() > 0 {
		return exitError{verdict.ExitInfra}
	}
	return needSome(len(report.Limits), "limits", "none was measured; name others with --only")
}

// showLimit tells a person at a terminal how far it is.
func showLimit(out io.Writer) func(limits.Limit) {
	if !isTerminal(out) {
		return nil
	}
	return func(l limits.Limit) {
		who := "user"
		if l.Privileged {
			who = "root"
		}
		fmt.Fprintf(out, "%s  %s for %s: %s after %.1fs\n", l.Kernel, l.Name, who, l.Status, l.Seconds)
	}
}

func (f *limitsFlags) write(cmd *cobra.Command, report limits.Report) error {
	stdout, out := cmd.OutOrStdout(), cmd.OutOrStdout()
	if slices.Contains([]string{f.json, f.markdown, f.svg}, "-") {
		out = cmd.ErrOrStderr()
	}
	return errors.Join(
		limits.Table(out, report, f.details),
		saveJSON(f.json, stdout, report),
		saveTo(f.markdown, stdout, func(w io.Writer) error { return limits.Markdown(w, report, strings.TrimPrefix(f.svg, "-")) }),
		saveTo(f.svg, stdout, func(w io.Writer) error { return limits.Plot(w, report) }),
	)
}
