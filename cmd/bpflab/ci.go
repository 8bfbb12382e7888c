package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/vms/kernel"
)

func newCICmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ci",
		Short:   "What a CI system needs to know",
		Example: "  bpflab ci matrix --kernel all --json",
		Args:    noSuchCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMatrixCmd())
	return cmd
}

// matrixFlags are the flags of `bpflab ci matrix`.
type matrixFlags struct {
	machineFlags
	all    bool
	shards int
	json   string
}

// mostJobs is what a matrix of GitHub Actions may have.
const mostJobs = 256

func newMatrixCmd() *cobra.Command {
	var f matrixFlags
	cmd := &cobra.Command{
		Use:   "matrix [LAB...]",
		Short: "Divide labs and kernels into the jobs of a CI system",
		Long: `Divide labs (all of the course, if none is named) and kernels into the jobs of a CI
system: one a kernel, or as many as --shards says, of about equal work. No kernel is
fetched and no machine started.`,
		Example: `  bpflab ci matrix --kernel all --json
  bpflab ci matrix hello xdp-drop --kernel '>=5.10' --shards 4`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.do(cmd.Context(), streamsOf(cmd), args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "every lab of the course, which is the default")
	f.defineKernels(flags)
	f.origin.define(flags)
	flags.IntVar(&f.shards, "shards", 0, "number of jobs (default: one a kernel)")
	flags.Var(&jsonFlag{file: &f.json, list: true}, "json", "print JSON of one line, as strategy.matrix of GitHub Actions takes it, or write it to a "+jsonWord+" whose name ends in .json")
	return cmd
}

func (f *matrixFlags) do(ctx context.Context, std streams, args []string) error {
	if f.shards < 0 || f.shards > mostJobs {
		return usageError{fmt.Errorf("--shards is 1 to %d", mostJobs)}
	}
	if f.all && len(args) > 0 {
		return usageError{errors.New("name labs, or give --all")}
	}
	f.all = len(args) == 0
	var lib library
	labs, err := lib.named(args, f.all)
	if err != nil {
		return err
	}
	name, err := asGiven(labs, args)
	if err != nil {
		return err
	}
	kernels, err := f.refs(ctx, std)
	if err != nil {
		return err
	}
	jobs := plan.Jobs(labs, name, kernels, f.shards)
	if err := countJobs(len(jobs)); err != nil {
		return err
	}
	return f.print(std.out, jobs)
}

func countJobs(n int) error {
	if n > mostJobs {
		return usageError{fmt.Errorf("%d jobs are more than the %d that a matrix of GitHub Actions may have: give --shards", n, mostJobs)}
	}
	return needSome(n, "lab is left for any of these kernels", "name other kernels with --kernel, or other labs")
}

// asGiven names each lab as the user did: by a path where it is not of the course.
func asGiven(labs []*lab.Lab, args []string) (func(*lab.Lab) string, error) {
	names := map[*lab.Lab]string{}
	for i, arg := range args {
		if strings.ContainsFunc(arg, unicode.IsSpace) {
			return nil, usageError{fmt.Errorf("the path %q has a space, and a job names its labs with spaces between them", arg)}
		}
		names[labs[i]] = arg
	}
	return func(l *lab.Lab) string { return cmp.Or(names[l], l.Name) }, nil
}

// refs returns the kernels that the selectors name, as far as it takes no fetching to
// know them.
func (f *matrixFlags) refs(ctx context.Context, std streams) ([]kernel.Image, error) {
	cat, err := openCatalogue(std.downloads(), f.origin, false)
	if err != nil {
		return nil, err
	}
	refs, err := f.arch.resolve(ctx, cat, f.kernels)
	if err != nil {
		return nil, err
	}
	times := map[string]int{}
	for _, r := range refs {
		times[r.Selector]++
	}
	images := make([]kernel.Image, len(refs))
	for i, r := range refs {
		images[i] = kernel.Image{Selector: r.Selector, Arch: r.Arch, Version: r.Version, Variant: r.Variant}
		if times[r.Selector] > 1 { // of a range, or of all
			images[i].Selector = r.Label()
		}
	}
	return images, nil
}

func (f *matrixFlags) print(out io.Writer, jobs []plan.Job) error {
	if f.json != "" {
		return saveTo(f.json, out, func(w io.Writer) error { return json.NewEncoder(w).Encode(map[string]any{"include": jobs}) })
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "JOB\tKERNELS\tLABS\tCELLS")
	for _, j := range jobs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", j.Name, j.Kernels, j.Labs, j.Cells)
	}
	return w.Flush()
}
