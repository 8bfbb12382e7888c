package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// sweepFlags are the flags of `bpflab kernels sweep`.
type sweepFlags struct {
	trialFlags
	newest int
}

// sweepReport is its JSON. The keys are a published contract (docs/bisect.md).
type sweepReport struct {
	trialReport
	Selector string  `json:"selector"`
	Kernels  []trial `json:"kernels"` // newest first
}

func newSweepCmd() *cobra.Command { return new(sweepFlags).verb() }

// verb returns the verb, whose flags f has.
func (f *sweepFlags) verb() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sweep SERIES [flags] LAB...|OBJ...|-- COMMAND [ARGUMENT...]",
		Short: "Try something on every package of a series that its source lists, newest first",
		Long: `Try a lab, the programs of an object or a command on every kernel of a series, a range
or a track of a source, not only on the newest: on all packages that the source lists, and
the pinned one, newest first.

Good, bad and skipped are as in bpflab bisect. Exit status: 0 if all are good, 1 if one is
bad, 3 if one was skipped. Kernels that were fetched stay in the cache until bpflab kernels prune.`,
		Example: `  bpflab kernels sweep 6.1 xdp-drop
  bpflab kernels sweep ubuntu/22.04/aws --newest 10 prog.o
  bpflab kernels sweep mainline/6.6 --json sweep.json -- ./test.sh`,
		Args:        somethingToTry(1, "bpflab kernels sweep 6.1 hello"),
		Annotations: map[string]string{commandFollows: "SERIES"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.do(cmd.Context(), streamsOf(cmd), args[0], args[1:], cmd.ArgsLenAtDash() >= 0)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.newest, "newest", 0, "try only so many")
	flags.BoolVar(&f.locked, "locked", false, "try only what is pinned")
	f.arch.define(flags, "of the series, one after the other")
	f.define(flags, "machines at one time (default: one a core)")
	return cmd
}

func (f *sweepFlags) do(ctx context.Context, std streams, selector string, args []string, dashed bool) error {
	if f.newest < 0 {
		return usageError{errors.New("--newest is at least 1")}
	}
	b, err := f.bench(ctx, std, args, dashed)
	if err != nil {
		return err
	}
	return f.sweep(ctx, b, selector)
}

// sweep tries the kernels of a series, and reports what came of them.
func (f *sweepFlags) sweep(ctx context.Context, b *bench, selector string) error {
	refs, err := f.packages(ctx, b, selector)
	if err != nil {
		return err
	}
	if err := b.each(ctx, refs, f.jobs); err != nil {
		return err
	}
	b.std.note("results in", b.dir)
	if err := saveJSON(f.json, b.std.out, sweepReport{b.report(), selector, b.trials}); err != nil {
		return err
	}
	return exitWith(sweepExit(b.trials))
}

// packages returns the kernels to try, the newest first: those of one architecture, and then
// those of the next.
func (f *sweepFlags) packages(ctx context.Context, b *bench, selector string) ([]kernel.Ref, error) {
	selectors, perhaps, err := f.arch.apart(selector)
	if err != nil {
		return nil, err
	}
	var all []kernel.Ref
	for _, one := range selectors {
		refs, notes, err := b.cat.Every(ctx, one)
		var none *kernel.SelectorError
		if perhaps && errors.As(err, &none) {
			notes, err = append(notes, err.Error()), nil
		}
		if err != nil {
			return nil, kernelError(err)
		}
		printNotes(b.std.err, notes)
		slices.Reverse(refs)
		if f.newest > 0 {
			refs = refs[:min(f.newest, len(refs))]
		}
		if len(refs) > 0 {
			fmt.Fprintf(b.out, "%d packages of %s\n", len(refs), one)
		}
		all = append(all, refs...)
	}
	return all, needSome(len(all), "packages", selector+" names none of these architectures")
}

// each tries kernels, as many at a time as machines run, and prints a line for each.
func (b *bench) each(ctx context.Context, refs []kernel.Ref, jobs int) error {
	for batch := range slices.Chunk(refs, cmp.Or(jobs, b.caps.Jobs, runtime.NumCPU())) {
		trials, err := b.try(ctx, batch)
		if err != nil {
			return err
		}
		for _, t := range trials {
			fmt.Fprintln(b.out, t.line())
		}
	}
	counts := map[bisect.Outcome]int{}
	for _, t := range b.trials {
		counts[t.Outcome]++
	}
	fmt.Fprintf(b.out, "%d good, %d bad, %d skipped\n", counts[bisect.Good], counts[bisect.Bad], counts[bisect.Skip])
	return nil
}

// sweepExit returns the exit code: a bad kernel outranks one that was skipped.
func sweepExit(trials []trial) int {
	code := verdict.ExitOK
	for _, t := range trials {
		switch t.Outcome {
		case bisect.Bad:
			return verdict.ExitFail
		case bisect.Skip:
			code = verdict.ExitInfra
		}
	}
	return code
}
