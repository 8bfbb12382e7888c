package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/limits"
	"github.com/bpflab/bpflab/harness/verdict"
)

// limitsFlags are the flags of `bpflab limits`.
type limitsFlags struct {
	machineFlags
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

The rule for the stack over calls depends on the type of program, so that is measured for
each; TYPE names what was loaded. The limits are ` + strings.Join(limits.Names(), ", ") + `.`,
		Example: `  bpflab limits --kernel all
  bpflab limits --kernel 6.1 --details
  bpflab limits --only 'stack_bytes_total*' --kernel 6.12,latest
  bpflab limits --only stack_bytes,call_depth --json limits.json --svg limits.svg`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.do(cmd.Context(), streamsOf(cmd)) },
	}
	flags := cmd.Flags()
	f.define(flags, "machines at one time (default: one a core; each may take 3 GiB)")
	flags.StringSliceVar(&f.only, "only", nil, "only these limits; * and ? stand for others")
	flags.BoolVar(&f.details, "details", false, "show what was rejected, and what the kernel said")
	defineJSON(flags, &f.json, "the figures")
	flags.StringVar(&f.markdown, "markdown", "", "write them as a Markdown page to this file, - for standard output")
	flags.StringVar(&f.svg, "svg", "", "plot them over the kernels to this SVG file, - for standard output")
	f.defineConsent(flags, "measure")
	return cmd
}

func (f *limitsFlags) do(ctx context.Context, std streams) error {
	for _, name := range f.only {
		if !limits.Matches(name) {
			return usageError{fmt.Errorf("no limit %q; there is %s", name, strings.Join(limits.Names(), ", "))}
		}
	}
	env, err := f.environment(ctx, std, "a million instructions keep its verifier busy")
	if err != nil {
		return err
	}
	began := time.Now()
	report := limits.Run(ctx, env.images, limits.Options{Pool: env.pool, Only: f.only, OnLimit: showLimit(std)})
	report.Tool, report.Started, report.Seconds = version, began.UTC(), time.Since(began).Seconds()
	if err := f.write(std, report); err != nil {
		return err
	}
	if report.Failures() > 0 {
		return exitError{verdict.ExitInfra}
	}
	return needSome(len(report.Limits), "limits", "none was measured; name others with --only")
}

// showLimit shows a person at a terminal each limit when it is measured.
func showLimit(std streams) func(limits.Limit) {
	out := std.err
	if !isTerminal(out) || std.quiet {
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

func (f *limitsFlags) write(std streams, report limits.Report) error {
	return errors.Join(
		limits.Table(std.beside(f.json, f.markdown, f.svg), report, f.details),
		saveJSON(f.json, std.out, report),
		saveTo(f.markdown, std.out, func(w io.Writer) error { return limits.Markdown(w, report, strings.TrimPrefix(f.svg, "-")) }),
		saveTo(f.svg, std.out, func(w io.Writer) error { return limits.Plot(w, report) }),
	)
}
