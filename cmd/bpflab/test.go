package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/gotest"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/lease"
)

// testMemory is what a machine for Go tests gets if nobody says, in bytes.
const testMemory = 1 << 30

// testFlags are the flags of `bpflab test`.
type testFlags struct {
	commandFlags
	gotest.Flags
}

func newTestCmd() *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [flags] [build and test flags] PACKAGE... [-- flags of the test binaries]",
		Short: "Run Go tests inside each kernel",
		Long: `Compile Go packages' tests once and run them inside each kernel, every package in a
machine of its own with its directory, its module's testdata, and shared libraries.

Flags of go test have one dash, as -run, -v, -count, -timeout, -short, -race, -tags,
-json and -coverprofile, which is merged over the kernels; bpflab's own have two.`,
		Example: `  bpflab test ./...
  bpflab test --kernel 5.10,latest -run TestMap -v ./internal/maps
  bpflab test -coverprofile cover.out ./... -- -verbose-of-my-own`,
		DisableFlagParsing: true,
		Args:               f.parse,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if help, _ := cmd.Flags().GetBool("help"); help {
				return cmd.Help()
			}
			return f.do(cmd.Context(), streamsOf(cmd), cmd.Flags().Args())
		},
	}
	f.define(cmd.Flags())
	cmd.Flags().BoolP("help", "h", false, "help for test")
	return cmd
}

func (f *testFlags) do(before context.Context, std streams, patterns []string) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(before))
	defer cancel()
	signals, stop := watchSignals(before, cancel)
	defer stop()
	if err := f.checkSize(ctx); err != nil {
		return err
	}
	if err := f.onFail.prepare(std, &f.jobs); err != nil {
		return err
	}
	likely, err := f.likelyArches()
	if err != nil {
		return err
	}
	bin, remove, err := testDir(std)
	if err != nil {
		return err
	}
	defer remove()
	packages, err := f.compile(ctx, std, patterns, bin, likely)
	if err != nil {
		return err
	}
	env, err := f.environment(ctx, std, "tests have all of it")
	if err != nil {
		return err
	}
	more, err := f.compile(ctx, std, patterns, bin, otherArches(env.images, likely))
	if err != nil {
		return err
	}
	packages = append(packages, more...)
	variables, err := f.prepare(packages)
	if err != nil {
		return err
	}
	if err := f.rootfs.make(ctx, std, &f.machineFlags, env); err != nil {
		return err
	}
	printer := &gotest.Printer{W: std.beside(f.names()...), Flags: f.Flags}
	for _, k := range env.images {
		printer.Kernels = append(printer.Kernels, k.Selector)
	}
	return f.run(ctx, std, env.dir, &gotest.Runner{Pool: env.pool, Packages: packages, Kernels: env.images, Task: f.task, Flags: f.Flags,
		Root: f.rootfs.root(), Env: append(f.rootfs.environment(), variables...), Signals: signals.take, Failed: f.onFail.open, Printer: printer})
}

// run runs the tests and writes the reports.
func (f *testFlags) run(ctx context.Context, std streams, dir string, r *gotest.Runner) error {
	result := verdict.Result{Schema: verdict.Schema, Tool: version, Started: time.Now().UTC(), Command: os.Args}
	result.Cells = r.Run(ctx)
	result.Seconds = time.Since(result.Started).Seconds()
	err := errors.Join(gotest.Summary(std.err, r.Printer.Kernels, result.Cells), saveTo(f.Cover, r.Printer.W, r.MergeCover), f.write(std, dir, result))
	if err != nil {
		return err
	}
	if code := result.Exit(); code != verdict.ExitOK {
		return exitError{code}
	}
	return needSome(gotest.CountCells(result.Cells).All(), "tests were run", "-run, -bench and -skip leave none of these packages'")
}

// likelyArches returns the architectures that the selectors name, as far as they do: the tests are
// compiled for them before a kernel is fetched.
func (f *testFlags) likelyArches() (arches []kernel.Arch, err error) {
	if f.provider.name != defaultProvider {
		return []kernel.Arch{kernel.HostArch()}, nil
	}
	all, err := f.arch.across(f.kernels)
	if err != nil {
		return nil, err
	}
	selectors, err := kernel.ParseSelectors(all)
	if err != nil {
		return nil, kernelError(err)
	}
	for _, s := range selectors {
		arch := s.Arch().OrDefault()
		if ofFile := s.NamesArch() && s.Arch() == ""; !ofFile && !s.Perhaps() && !slices.Contains(arches, arch) {
			arches = append(arches, arch)
		}
	}
	return arches, nil
}

// otherArches returns the architectures of kernels besides some.
func otherArches(images []kernel.Image, known []kernel.Arch) (others []kernel.Arch) {
	for _, k := range images {
		if arch := gotest.ArchOf(k); !slices.Contains(append(known, others...), arch) {
			others = append(others, arch)
		}
	}
	return others
}

// compile compiles the packages' tests into a directory, for each of some architectures.
func (f *testFlags) compile(ctx context.Context, std streams, patterns []string, bin string, arches []kernel.Arch) (packages []*gotest.Package, err error) {
	if len(patterns) == 0 {
		patterns = []string{"."}
	}
	for _, arch := range arches {
		more, err := gotest.Compile(ctx, patterns, f.Flags, arch, bin, f.rootfs.text != "")
		if err != nil {
			fmt.Fprintln(std.err, "bpflab:", err)
			return nil, exitError{verdict.ExitFail}
		}
		if err := needSome(withTests(more), "tests", "none of these packages has test files for "+string(arch)+": "+strings.Join(patterns, " ")); err != nil {
			return nil, err
		}
		packages = append(packages, more...)
	}
	return packages, nil
}

// testDir makes the directory of compiled tests. They do not run on this machine, but the
// loader is asked there which libraries they need.
func testDir(std streams) (dir string, remove func(), err error) {
	root, err := store.DefaultRoot()
	if err != nil {
		return "", nil, err
	}
	dir, note, remove, err := lease.MkdirExec(lease.Prefix+"test-", filepath.Join(root, "tmp"))
	if note != "" {
		fmt.Fprintln(std.err, "note:", note)
		err = os.Setenv("TMPDIR", dir) // for the go command, too
	}
	return dir, remove, err
}

// parse reads both kinds of flags: those of go test, and our own.
func (f *testFlags) parse(cmd *cobra.Command, args []string) (err error) {
	var rest []string
	if f.Flags, rest, err = gotest.Split(args); err != nil {
		return err
	}
	if err := cmd.Flags().Parse(rest); err != nil {
		return flagError(cmd, err)
	}
	return emptyFlag(cmd.Flags())
}

// withTests counts the packages that have tests.
func withTests(packages []*gotest.Package) (n int) {
	for _, p := range packages {
		if p.Binary != "" {
			n++
		}
	}
	return n
}

// prepare adds the files of --copy to all packages, and returns the variables of --env.
func (f *testFlags) prepare(packages []*gotest.Package) ([]string, error) {
	if f.memory.Size == 0 {
		f.memory.Size = testMemory
	}
	for _, p := range packages {
		if p.Binary == "" {
			continue
		}
		if err := errors.Join(f.copied(p.Files), f.fits(p.Files)); err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", p.Path, err)}
		}
	}
	return f.variables()
}
