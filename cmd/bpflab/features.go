package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/features"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// featuresFlags are the flags of `bpflab features`.
type featuresFlags struct {
	machineFlags
	kind     string
	all      bool
	diff     bool
	since    bool
	json     string
	html     string
	markdown string
}

// featureKinds are what --kind takes.
var featureKinds = []string{wire.KindProgramType, wire.KindMapType, wire.KindHelper, wire.KindAttachType, wire.KindLinkType, wire.KindBTFKind, wire.KindKfunc,
	wire.KindInstructions, wire.KindCommand, wire.KindKernel}

func newFeaturesCmd() *cobra.Command {
	var f featuresFlags
	cmd := &cobra.Command{
		Use:   "features",
		Short: "Ask many kernels what of eBPF they have",
		Long: `Ask many kernels what of eBPF they have, by trying it: program types, map types,
helpers, attach types, links, kinds of BTF, kernel functions, instructions, commands of
bpf(2). What bpflab does not know yet is read from each kernel's own BTF and tried where
that is possible; the rest is "named": by the kernel, and not probed. SINCE is the oldest of
the kernels asked that has a feature, UPSTREAM the release of Linux that brought it, where
bpflab knows.`,
		Example: `  bpflab features
  bpflab features --kernel 5.10,6.1,latest --kind map_type --all
  bpflab features --diff 5.10 6.12
  bpflab features --since --kernel all --kind helper`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.compare(args, cmd.Flags().Changed("kernel")); err != nil {
				return usageError{err}
			}
			return f.do(cmd.Context(), streamsOf(cmd))
		},
	}
	flags := cmd.Flags()
	f.define(flags, "kernels at one time (default: one a core)")
	flags.StringVar(&f.kind, "kind", "", "only these: "+strings.Join(featureKinds, ", "))
	flags.BoolVar(&f.all, "all", false, "also what all of the kernels have, or none")
	flags.BoolVar(&f.diff, "diff", false, "what the second of two kernels has (+) and has not (-) that the first has")
	flags.BoolVar(&f.since, "since", false, "only the first of the kernels that has each feature, and upstream's")
	defineJSON(flags, &f.json, "the answers")
	flags.StringVar(&f.html, "html", "", "write them as a page to this file, - for standard output")
	flags.StringVar(&f.markdown, "markdown", "", "write them as a Markdown page to this file, - for standard output")
	return cmd
}

// compare takes the two kernels of --diff; kernels reports whether --kernel was given.
func (f *featuresFlags) compare(args []string, kernels bool) error {
	switch {
	case len(args) == 0:
		return nil
	case !f.diff:
		return fmt.Errorf("%q: kernels are named with --kernel; only --diff takes two of them", args[0])
	case len(args) != 2 || kernels:
		return errors.New("--diff compares two kernels: bpflab features --diff 5.10 6.12")
	}
	f.kernels = args
	return nil
}

func (f *featuresFlags) do(ctx context.Context, std streams) error {
	if f.kind != "" && !slices.Contains(featureKinds, f.kind) {
		return usageError{fmt.Errorf("no kind %q of features; there is %s", f.kind, strings.Join(featureKinds, ", "))}
	}
	env, err := f.environment(ctx, std, "")
	if err != nil {
		return err
	}
	if f.diff && len(env.images) != 2 {
		return usageError{fmt.Errorf("--diff compares two kernels, and --kernel names %d", len(env.images))}
	}
	began := time.Now()
	report := features.Run(ctx, env.images, env.pool)
	report.Tool, report.Started, report.Seconds = version, began.UTC(), time.Since(began).Seconds()
	if err := f.write(std, report); err != nil {
		return err
	}
	if len(report.Infra) > 0 {
		return exitError{verdict.ExitInfra}
	}
	return needSome(f.asked(report), "features of the kind "+f.kind, "these kernels have none of it; leave --kind out to see what they have")
}

// asked counts the features that --kind leaves.
func (f *featuresFlags) asked(report features.Report) (n int) {
	for _, one := range report.Features {
		if f.kind == "" || one.Kind == f.kind {
			n++
		}
	}
	return n
}

func (f *featuresFlags) write(std streams, report features.Report) error {
	out := std.beside(f.json, f.html, f.markdown)
	show := func() error { return features.Matrix(out, report, f.kind, f.all) }
	switch {
	case f.diff:
		show = func() error { return features.Diff(out, report, f.kind) }
	case f.since:
		show = func() error { return features.Since(out, report, f.kind) }
	}
	return errors.Join(show(),
		saveJSON(f.json, std.out, report),
		saveTo(f.html, std.out, func(w io.Writer) error { return features.HTML(w, report) }),
		saveTo(f.markdown, std.out, func(w io.Writer) error { return features.Markdown(w, report) }))
}
