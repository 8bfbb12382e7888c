package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// labsCheckFlags are the flags of `bpflab labs check`.
type labsCheckFlags struct {
	labFlags
	document bool
}

func newLabsCheckCmd() *cobra.Command {
	var f labsCheckFlags
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Check labs of your own: text, solution and starter, on kernels",
		Long: `Check labs before anybody takes them. A PATH is a lab's folder or document, or a
directory of labs as for bpflab workshop --labs.

First the documents are read, and the C files compiled: every mistake is printed as
FILE:LINE:COLUMN: TEXT, also a map, program or field that the solution does not have.
Then each lab is run on each kernel, once with the solution, which must pass, and once
with the starter, which must not. The commands of all steps are run, also of those that
are text only, and must exit with 0 where no check says otherwise.`,
		Example: `  bpflab labs check my-lab
  bpflab labs check my-lab --kernel all
  bpflab labs check --document labs/        # without machines, as an editor does`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.do(cmd.Context(), streamsOf(cmd), args) },
	}
	f.machineFlags.define(cmd.Flags(), "machines at one time (default: one a core)")
	f.defineSplats(cmd.Flags())
	cmd.Flags().BoolVar(&f.document, "document", false, "read the documents and compile the C files, and run nothing")
	return cmd
}

func (f *labsCheckFlags) do(ctx context.Context, std streams, paths []string) error {
	lib, all, err := f.read(ctx, std, paths)
	if err != nil {
		return err
	}
	if f.document {
		fmt.Fprintln(std.out, "no mistakes in "+labCount(len(all)))
		return nil
	}
	provider, err := f.provider.open()
	if err != nil {
		return err
	}
	caps, err := provider.Caps(ctx)
	if err != nil {
		return err
	}
	images, err := f.images(ctx, std, provider)
	if err != nil {
		return err
	}
	cells, err := pairLabs(std, all, images, plan.Options{Provider: provider.Name(), Caps: caps})
	if err != nil {
		return err
	}
	return f.run(ctx, std, lib, cells, provider, caps)
}

// labCount returns a number of labs, in words.
func labCount(n int) string {
	if n == 1 {
		return "1 lab"
	}
	return fmt.Sprintf("%d labs", n)
}

// read reads the labs at paths and compiles their C files. It prints the mistakes of all of
// them.
func (f *labsCheckFlags) read(ctx context.Context, std streams, paths []string) (*library, []*lab.Lab, error) {
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, nil, err
	}
	builder := build.New(compiler(cache))
	lib := &library{trees: map[*lab.Lab]run.Tree{}, files: map[*lab.Lab]string{}}
	var all []*lab.Lab
	var wrong []string
	for _, path := range paths {
		inside, err := labsAt(path)
		if err != nil {
			wrong = append(wrong, mistakes(err)...)
		}
		for _, one := range inside {
			parsed, tree, err := openPath(one)
			if err == nil {
				err = compileLab(ctx, builder, parsed, tree)
			}
			switch {
			case err != nil && build.OfHost(err):
				return nil, nil, err
			case err != nil:
				wrong = append(wrong, mistakes(err)...)
				continue
			}
			parsed = parsed.AsRead()
			lib.trees[parsed] = tree
			if lib.files[parsed], err = filepath.Abs(one); err != nil {
				return nil, nil, err
			}
			all = append(all, parsed)
		}
	}
	if wrong != nil {
		fmt.Fprintln(std.err, strings.Join(wrong, "\n")) // each line begins with its place
		return nil, nil, exitError{verdict.ExitUsage}
	}
	return lib, all, nil
}

// labsAt returns the path of a lab, or those of all labs in a directory and what is wrong
// with its choice of them.
func labsAt(path string) ([]string, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s: there is no such file or folder", path)
	}
	if _, err := os.Stat(filepath.Join(path, "lab.md")); err == nil || filepath.Ext(path) == ".md" {
		return []string{path}, nil
	}
	own := &ownLabs{dir: path}
	inside, err := own.paths()
	if err == nil && len(inside) == 0 {
		err = fmt.Errorf("%s: it has no lab.md, and no folder with one", path)
	}
	if err != nil {
		return nil, err
	}
	_, err = readChoice(path, labNames(inside))
	return inside, err
}

// run runs the labs with their solutions and with their starters, and reports what is not
// as it should be.
func (f *labsCheckFlags) run(ctx context.Context, std streams, lib *library, cells []plan.Cell, p vms.Provider, caps vms.Caps) error {
	fmt.Fprintln(std.out, "With the solution, which must pass:")
	passes, err := f.execute(ctx, std, cells, p, caps, lib)
	if err != nil {
		return err
	}
	wrong := wrongOf(passes.Cells, report.Solution)
	var starters []plan.Cell
	for _, c := range cells {
		if c.Lab.Starter != "" {
			c.Index = len(starters)
			starters = append(starters, c)
		}
	}
	if len(starters) > 0 && ctx.Err() == nil {
		fmt.Fprintln(std.out, "\nWith the starter, which must fail:")
		f.starter, f.printer = true, report.Starters
		fails, err := f.execute(ctx, std, starters, p, caps, lib)
		if err != nil {
			return err
		}
		wrong = append(wrong, wrongOf(fails.Cells, report.Starter)...)
	}
	if ctx.Err() != nil {
		return exitError{verdict.ExitInfra}
	}
	if wrong != nil {
		fmt.Fprintf(std.out, "\nNot as it should be:\n%s\n", strings.Join(wrong, "\n"))
		return exitError{verdict.ExitFail}
	}
	fmt.Fprintln(std.out, "\nAll is as it should be: the solutions pass, and the starters fail.")
	return nil
}

// wrongOf returns the lines of those cells that did not end as they should.
func wrongOf(cells []verdict.Cell, line func(verdict.Cell) (string, bool)) []string {
	var out []string
	for _, c := range cells {
		if text, right := line(c); !right {
			out = append(out, text)
		}
	}
	return out
}
