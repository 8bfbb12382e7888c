package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// bisectFlags are the flags of `bpflab bisect`.
type bisectFlags struct {
	trialFlags
	good, bad string
}

func newBisectCmd() *cobra.Command { return new(bisectFlags).verb() }

// verb returns the verb, whose flags f has.
func (f *bisectFlags) verb() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bisect --good KERNEL --bad KERNEL [flags] LAB...|OBJ...|-- COMMAND [ARGUMENT...]",
		Short: "Find the kernel package with which something broke, or was fixed, by halving",
		Long: `Halve the packages between two kernels of one source until the one is found with which
a lab, the programs of an object or a command changed from good to bad, and show what its
changelog says of eBPF. If the bad kernel is the older one, the package with the fix is
looked for.

Good is a lab that passes, an object whose programs are all accepted, and a command that
ends with status 0; bad is one that fails, is rejected or times out. A kernel that cannot be
fetched or booted, or lacks what a lab needs, is skipped for its neighbour, and counts as
neither; so is one on which a command ends with status 125. Both ends are tried first.

A KERNEL is a version, a release, a package version, or a selector of another source.

Exit status: 0 if the package was found, 1 if an end is not as it was said to be, 2 for
wrong usage, 3 if kernels that had to be skipped leave more than one package.`,
		Example: `  bpflab bisect --good 6.1.170-3 --bad 6.1.192-2 xdp-drop
  bpflab bisect --good ubuntu/22.04/5.15.0-100-generic --bad ubuntu/22.04 prog.o
  bpflab bisect --good rocky/9.3 --bad rocky/9.4 --json bisect.json -- ./test.sh`,
		Args:        somethingToTry(0, "bpflab bisect --good 6.1.170-3 --bad 6.1.192-2 hello"),
		Annotations: map[string]string{commandFollows: "COMMAND"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.do(cmd.Context(), streamsOf(cmd), args, cmd.ArgsLenAtDash() >= 0)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.good, "good", "", "kernel on which it works")
	flags.StringVar(&f.bad, "bad", "", "kernel on which it does not")
	f.arch.define(flags, "of both kernels: one")
	f.define(flags, "machines at one time (default: one a core)")
	return cmd
}

// somethingToTry returns a check that arguments name something to try after n others.
func somethingToTry(n int, example string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) <= n {
			return fmt.Errorf("name a lab, an eBPF object, or after -- a command, as in: %s", example)
		}
		return nil
	}
}

func (f *bisectFlags) do(ctx context.Context, std streams, args []string, dashed bool) error {
	if f.good == "" || f.bad == "" {
		return usageError{errors.New("name both ends, --good and --bad")}
	}
	for _, end := range []string{f.good, f.bad} {
		if _, err := f.arch.one(end); err != nil {
			return err
		}
	}
	b, err := f.bench(ctx, std, args, dashed)
	if err != nil {
		return err
	}
	return f.search(ctx, b)
}

// search halves what lies between the ends, and reports what it found.
func (f *bisectFlags) search(ctx context.Context, b *bench) error {
	refs, first, err := f.line(ctx, b)
	if err != nil {
		return kernelError(err)
	}
	fmt.Fprintf(b.out, "%d packages from %s to %s: both ends, then at most %s\n", len(refs), seriesOf(refs[0]), seriesOf(refs[len(refs)-1]), steps(bisect.Steps(len(refs))))
	found, err := bisect.Find(ctx, len(refs), first, func(ctx context.Context, indices []int) ([]bisect.Outcome, error) {
		return b.judgeAt(ctx, refs, indices)
	})
	return f.conclude(ctx, b, refs, first, found, err)
}

// steps returns a number of steps in words.
func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// seriesOf returns what a kernel is called at the end of a line: "debian 6.1.170-1".
func seriesOf(ref kernel.Ref) string { return ref.Source + " " + ref.Package().Version }

// line returns the packages from one end to the other, oldest first, and the outcome that the
// first one must have.
func (f *bisectFlags) line(ctx context.Context, b *bench) ([]kernel.Ref, bisect.Outcome, error) {
	var ends []kernel.Ref
	for _, selector := range []string{f.good, f.bad} {
		one, err := f.arch.one(selector)
		if err != nil {
			return nil, "", err
		}
		found, err := f.arch.resolve(ctx, b.cat, []string{one})
		if err != nil {
			return nil, "", err
		}
		if len(found) != 1 {
			return nil, "", &kernel.SelectorError{Selector: selector, Problem: fmt.Sprintf("names %d kernels, and an end is one", len(found))}
		}
		ends = append(ends, found[0])
	}
	refs, notes, err := b.cat.Between(ctx, ends[0], ends[1])
	printNotes(b.std.err, notes)
	if err != nil {
		return nil, "", err
	}
	if refs[0].Package().SHA256 == ends[1].Package().SHA256 {
		return refs, bisect.Bad, nil
	}
	return refs, bisect.Good, nil
}

// judgeAt tries kernels and prints what came of them.
func (b *bench) judgeAt(ctx context.Context, refs []kernel.Ref, indices []int) ([]bisect.Outcome, error) {
	var chosen []kernel.Ref
	for _, i := range indices {
		chosen = append(chosen, refs[i])
	}
	trials, err := b.try(ctx, chosen)
	var outcomes []bisect.Outcome
	for _, t := range trials {
		fmt.Fprintln(b.out, t.line())
		outcomes = append(outcomes, t.Outcome)
	}
	return outcomes, err
}

// conclude reports what was found, and makes an exit code of it.
func (f *bisectFlags) conclude(ctx context.Context, b *bench, refs []kernel.Ref, first bisect.Outcome, found bisect.Found, err error) error {
	var end *bisect.EndError
	if err != nil && !errors.As(err, &end) {
		return err
	}
	r := f.report(b, refs, first)
	code := verdict.ExitOK
	switch {
	case end != nil:
		code = r.wrongEnd(b, end)
	default:
		r.found(ctx, b, refs, found)
		if !found.Exact() {
			code = verdict.ExitInfra
		}
	}
	r.print(b.out)
	b.std.note("results in", b.dir)
	if err := saveJSON(f.json, b.std.out, r); err != nil {
		return err
	}
	return exitWith(code)
}
