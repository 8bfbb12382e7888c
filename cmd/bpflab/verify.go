package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
)

// verifyFlags are the flags of `bpflab verify`.
type verifyFlags struct {
	machineFlags
	attach  bool
	profile bool
	strict  bool
	expect  bool
	json    string
	csv     string

	markdown string
	html     string
	selected verify.Selection
	budget   []string
	budgets  string
	compare  string
	btf      string
	presets  string
	loaders  loaderFlags
}

func newVerifyCmd() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify OBJ...",
		Short: "Load every program of eBPF objects on many kernels",
		Long: `Load every program of eBPF objects on many kernels, each by itself, and tell which
were accepted, what they cost the verifier, and why the others were not.
OBJ is an ELF file as clang, bpf2go and libbpf's tools make them, or a program that has
such files within, as those of libbpf and of Go do.`,
		Example: `  bpflab verify prog.o
  bpflab verify *.o --kernel 5.10,6.1,latest --json verify.json --csv verify.csv
  bpflab verify prog.o --set-global filter=true --set-global cfg.ports[1]=80
  bpflab verify prog.o --presets presets.yaml
  bpflab verify prog.o --expect`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.do(cmd.Context(), streamsOf(cmd), args) },
	}
	flags := cmd.Flags()
	f.define(flags, "kernels at one time (default: one a core)")
	flags.BoolVar(&f.attach, "attach", false, "attach each program too, as its section says")
	flags.BoolVar(&f.profile, "profile", false, "count the instructions that the verifier processed of accepted programs, by function and line of C: each is loaded once more, with a log of all instructions")
	flags.BoolVar(&f.expect, "expect", false, "judge programs by their annotations, as the kernel's tests have them (__success, __failure, __msg, __retval, ...), and those of bpflab_expect.h; loaded with cilium/ebpf")
	flags.BoolVar(&f.strict, "strict", false, "exit with 2 if an object, or a part of one, could not be read; the others are verified all the same")
	f.defineConsent(flags, "attach also")
	f.defineSplats(flags)
	f.loaders.define(flags)
	flags.StringVar(&f.btf, "btf", "", "BTF file to relocate with on kernels that have none of their own")
	flags.StringVar(&f.presets, "presets", "", "file with sets of values for global variables: each program is verified with each of them")
	defineJSON(flags, &f.json, "the results")
	flags.StringVar(&f.csv, "csv", "", "write the results as CSV, with veristat's columns, to this file, - for standard output; to a directory, DIR/, a file for each kernel, which veristat -C reads")
	flags.StringVar(&f.markdown, "markdown", "", "write the results as Markdown to this file, - for standard output")
	flags.StringVar(&f.html, "html", "", "write the results as one HTML page to this file, - for standard output")
	flags.StringArrayVar(&f.selected.Only, "prog", nil, "verify only programs of this name; a pattern such as 'handle_*' may be given, and the flag more than once")
	flags.StringArrayVar(&f.selected.Skip, "skip-prog", nil, "leave out programs of this name or pattern")
	flags.StringArrayVar(&f.budget, "budget", nil, "the most that programs may have, as in insns<=100000, PROGRAM:insns<=100 or insns<=1000@>=7.2")
	flags.StringVar(&f.budgets, "budgets", "", "file with budgets")
	flags.StringVar(&f.compare, "compare", "", "JSON of an earlier run: show what changed, fail only on what is new")
	return cmd
}

func (f *verifyFlags) do(ctx context.Context, std streams, args []string) error {
	objects, err := openObjects(args)
	if err != nil {
		return usageError{err}
	}
	budgets, was, err := f.standards(objects)
	if err != nil {
		return usageError{err}
	}
	options, err := f.options(objects)
	if err != nil {
		return usageError{err}
	}
	if err := f.annotate(objects); err != nil {
		return usageError{err}
	}
	objects, presets, err := f.preset(objects)
	if err != nil {
		return usageError{err}
	}
	if objects, err = f.choose(objects); err != nil {
		return err
	}
	harm := ""
	if f.attach {
		harm = "--attach attaches programs to it"
	}
	env, err := f.environment(ctx, std, harm)
	if err != nil {
		return err
	}
	if err := options.CheckKernels(env.images); err != nil {
		return usageError{err}
	}
	if err := verify.CheckAnnotations(objects, env.images); err != nil {
		return usageError{err}
	}
	options.Pool = env.pool
	report, err := f.verify(ctx, std, objects, env, options, budgets, presets)
	if err != nil {
		return err
	}
	code, err := f.code(std.err, report, was, budgets)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		code = verdict.ExitInfra
	}
	return exitWith(code)
}

// code returns the exit code, and shows what has changed since an earlier run.
func (f *verifyFlags) code(out io.Writer, report verify.Report, was *verify.Report, budgets verify.Budgets) (int, error) {
	code := report.Exit()
	if was != nil {
		code = report.ExitSince(*was, budgets)
		fmt.Fprintf(out, "\nsince %s:\n", f.compare)
		err := errors.Join(verify.WriteChanges(out, verify.Changes(*was, report)), verify.WriteChangedLines(out, verify.ChangedLines(*was, report)))
		if err != nil {
			return code, err
		}
	}
	if f.strict && report.Unread() > 0 {
		code = verdict.ExitUsage
	}
	return code, nil
}

// preset returns the objects with the values of --set-global, once for each set of --presets.
func (f *verifyFlags) preset(objects []*verify.Object) ([]*verify.Object, verify.Presets, error) {
	var presets verify.Presets
	if f.presets != "" {
		var err error
		if presets.Sets, err = verify.ReadPresets(f.presets); err != nil {
			return nil, presets, err
		}
	}
	return f.loaders.set(objects, presets)
}

// annotate reads the annotations of --expect, which goes with no flag that has another say about
// what a result must be.
func (f *verifyFlags) annotate(objects []*verify.Object) error {
	if !f.expect {
		return nil
	}
	for _, other := range []struct {
		given bool
		flag  string
	}{{f.attach, "--attach"}, {f.profile, "--profile"}, {f.compare != "", "--compare"}, {len(f.budget) > 0, "--budget"}, {f.budgets != "", "--budgets"},
		{f.loaders.loader != verify.Either && f.loaders.loader != verify.Cilium, "--loader " + f.loaders.loader}} {
		if other.given {
			return fmt.Errorf("--expect and %s do not go together: the annotations say how a program is loaded and what is expected; leave one of them out", other.flag)
		}
	}
	return verify.Annotate(objects)
}

// choose returns the objects with the programs that --prog and --skip-prog leave.
func (f *verifyFlags) choose(objects []*verify.Object) ([]*verify.Object, error) {
	chosen, err := f.selected.Of(objects)
	if err != nil {
		return nil, usageError{err}
	}
	if len(f.selected.Only)+len(f.selected.Skip) == 0 {
		return chosen, nil
	}
	programs := 0
	for _, o := range chosen {
		programs += len(o.Programs)
	}
	return chosen, needSome(programs, "programs to load", "--prog and --skip-prog leave none")
}

// options returns how the objects are verified.
func (f *verifyFlags) options(objects []*verify.Object) (o verify.Options, err error) {
	if o, err = f.loaders.options(objects); err != nil {
		return o, err
	}
	o.Attach, o.Profile, o.Expect = f.attach, f.profile, f.expect
	o.Optional = o.Optional || f.expect
	if f.btf != "" {
		o.BTF, err = verify.ReadBTF(f.btf)
	}
	return o, err
}

// standards returns what the results are compared with: budgets, and an earlier run.
func (f *verifyFlags) standards(objects []*verify.Object) (budgets verify.Budgets, was *verify.Report, err error) {
	if f.budgets != "" {
		if budgets, err = verify.ReadBudgets(f.budgets); err != nil {
			return budgets, nil, err
		}
		if err := needSome(len(budgets.All)+len(budgets.Programs)+len(budgets.Kernels), "budgets in "+f.budgets, "write some there, or leave --budgets out"); err != nil {
			return budgets, nil, err
		}
	}
	for _, text := range f.budget {
		if err := budgets.Add(text); err != nil {
			return budgets, nil, err
		}
	}
	if err := budgets.Known(objects); err != nil || f.compare == "" {
		return budgets, nil, err
	}
	earlier, err := verify.ReadReport(f.compare)
	return budgets, &earlier, err
}

func openObjects(paths []string) ([]*verify.Object, error) {
	var objects []*verify.Object
	for _, path := range paths {
		some, err := verify.Open(path)
		if err != nil {
			return nil, err
		}
		objects = append(objects, some...)
	}
	verify.NameApart(objects)
	return objects, nil
}

// verify asks the kernels and writes what they said.
func (f *verifyFlags) verify(ctx context.Context, std streams, objects []*verify.Object, env environment, options verify.Options, budgets verify.Budgets, presets verify.Presets) (verify.Report, error) {
	report := verify.Report{Schema: verify.Schema, Tool: version, Started: time.Now().UTC()}
	report.Presets, report.SetGlobal = presets.Info()
	report.Results = verify.Run(ctx, objects, env.images, options)
	report.Seconds = time.Since(report.Started).Seconds()
	report.Over, report.Coverage = budgets.Over(report.Results), report.Coverages()
	err := errors.Join(
		verify.Table(std.beside(f.json, f.csv, f.markdown, f.html), report),
		saveJSON(f.json, std.out, report),
		f.saveCSV(std.out, report),
		saveTo(f.html, std.out, func(w io.Writer) error { return verify.HTML(w, report) }),
		saveTo(f.markdown, std.out, func(w io.Writer) error { return verify.Markdown(w, report) }),
	)
	std.note("logs in", env.dir)
	return report, err
}

// saveCSV writes the results as CSV to one file, or into a directory for veristat.
func (f *verifyFlags) saveCSV(stdout io.Writer, report verify.Report) error {
	if info, err := os.Stat(f.csv); strings.HasSuffix(f.csv, "/") || err == nil && info.IsDir() {
		return verify.WriteVeristat(f.csv, report)
	}
	return saveTo(f.csv, stdout, func(w io.Writer) error { return verify.CSV(w, report) })
}

// saveTo writes to a file, or to standard output for "-"; "" is nothing at all.
func saveTo(name string, stdout io.Writer, write func(io.Writer) error) error {
	switch name {
	case "":
		return nil
	case "-":
		return write(stdout)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
