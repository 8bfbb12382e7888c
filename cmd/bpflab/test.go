package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/gotest"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/lease"
)

// testMemory is what a machine for Go tests gets if nobody says, in bytes.
const testMemory = 1 << 30

// testFlags are the flags of `bpflab test`.
type testFlags struct {
	machineFlags
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
		RunE:               func(cmd *cobra.Command, _ []string) error { return f.do(cmd) },
	}
	f.define(cmd)
	cmd.Flags().BoolP("help", "h", false, "help for test")
	return cmd
}

func (f *testFlags) do(cmd *cobra.Command) (err error) {
	if help, _ := cmd.Flags().GetBool("help"); help {
		return cmd.Help()
	}
	patterns := cmd.Flags().Args()
	if len(patterns) == 0 {
		patterns = []string{"."}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer cancel()
	sigs, stop := watchSignals(cmd.Context(), cancel)
	defer stop()
	if err := f.checkSize(ctx); err != nil {
		return err
	}
	if err := f.run.onFail.prepare(cmd, &f.run.jobs); err != nil {
		return err
	}
	bin, remove, err := lease.MkdirTemp("", lease.Prefix+"test-")
	if err != nil {
		return err
	}
	defer remove()
	packages, err := gotest.Compile(ctx, patterns, f.Flags, bin, f.rootfs.text != "")
	if err != nil {
		return exitAs(verdict.ExitFail, err)
	}
	if err := needSome(withTests(packages), "tests", "none of these packages has test files: "+strings.Join(patterns, " ")); err != nil {
		return err
	}
	if f.memory.Size == 0 {
		f.memory.Size = testMemory
	}
	t := &testRun{testFlags: f, packages: packages, signals: sigs, printer: &gotest.Printer{W: cmd.OutOrStdout(), Flags: f.Flags}}
	if f.run.toStdout() {
		t.printer.W = cmd.ErrOrStderr()
	}
	if t.env, err = f.prepare(packages); err != nil {
		return err
	}
	if t.ground, err = f.run.ground(ctx, cmd, "tests have all of it"); err != nil {
		return err
	}
	if err := f.rootfs.make(ctx, cmd, &f.run, t.ground); err != nil {
		return err
	}
	for _, k := range t.images {
		t.printer.Kernels = append(t.printer.Kernels, k.Selector)
	}
	result := t.all(ctx)
	err = errors.Join(gotest.Summary(cmd.ErrOrStderr(), t.printer.Kernels, result.Cells), t.coverage(), f.run.write(cmd, t.dir, result))
	if err != nil {
		return err
	}
	if code := result.Exit(); code != verdict.ExitOK {
		return exitError{code}
	}
	return needSome(gotest.CountCells(result.Cells).All(), "tests were run", "-run, -bench and -skip leave none of these packages'")
}

// parse reads both kinds of flags: those of go test, and our own.
func (f *testFlags) parse(cmd *cobra.Command, args []string) (err error) {
	var rest []string
	if f.Flags, rest, err = gotest.Split(args); err != nil {
		return err
	}
	if err := cmd.Flags().Parse(rest); err != nil {
		return err
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

// prepare adds to all packages what the flags say.
func (f *testFlags) prepare(packages []*gotest.Package) ([]string, error) {
	for _, p := range packages {
		if p.Binary == "" {
			continue
		}
		if err := errors.Join(f.copied(p.Files), f.fits(p.Files)); err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", p.Path, err)}
		}
	}
	return f.environment()
}

// testRun is packages on their kernels.
type testRun struct {
	*testFlags
	ground
	packages []*gotest.Package
	env      []string
	signals  *signals
	printer  *gotest.Printer

	lock     sync.Mutex // of profiles
	profiles []string
}

// all runs every package that has tests on every kernel, a kernel after the other.
func (t *testRun) all(ctx context.Context) verdict.Result {
	r := verdict.Result{Schema: verdict.Schema, Tool: version, Started: time.Now().UTC(), Command: os.Args}
	var jobs []command.Job
	for _, p := range t.packages {
		if p.Binary == "" {
			t.printer.NoTests(p.Path)
			continue
		}
		for k := range t.images {
			jobs = append(jobs, t.job(len(jobs)+1, p, k))
		}
	}
	r.Cells = command.Cells(ctx, t.pool, jobs)
	r.Seconds = time.Since(r.Started).Seconds()
	return r
}

// job is one package on one kernel.
func (t *testRun) job(index int, p *gotest.Package, k int) command.Job {
	image := t.images[k]
	dir := fmt.Sprintf("%03d-%s-%s", index, filepath.Base(p.Path), image.Series)
	show := t.printer.Package(image.Selector)
	return command.Job{
		Name: p.Path,
		Task: t.task(p.Path, image, filepath.Join("machines", dir)),
		Do: func(ctx context.Context, a *scheduler.Attempt, cell *verdict.Cell) error {
			return t.in(ctx, a.Session, p, dir, show, cell)
		},
		Done: func(cell verdict.Cell) {
			show.End(cell)
			t.addProfile(dir)
		},
	}
}

// in runs a package's tests in a machine.
func (t *testRun) in(ctx context.Context, s *session.Session, p *gotest.Package, dir string, show *gotest.PackagePrinter, cell *verdict.Cell) error {
	sigs, done := t.signals.take()
	defer done()
	o := gotest.Options{Flags: t.Flags, Root: t.rootfs.root(), Env: append(t.rootfs.environment(), t.env...), Signals: sigs, Each: show.Event,
		Cores: filepath.Join(t.dir, "cores", dir), Cover: filepath.Join(t.dir, "cover", dir)}
	if err := p.Run(ctx, s, o, cell); err != nil || cell.Splat != "" {
		return err
	}
	return command.Begun(t.run.onFail.open(ctx, s, command.Command{Root: o.Root, Env: o.Env, Dir: p.Dir}, *cell))
}

// addProfile notes the coverage profile that a package's tests have left.
func (t *testRun) addProfile(dir string) {
	if t.Cover == "" {
		return
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	if file := gotest.CoverIn(filepath.Join(t.dir, "cover", dir)); exists(file) {
		t.profiles = append(t.profiles, file)
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// coverage writes the merged profile.
func (t *testRun) coverage() error {
	if t.Cover == "" {
		return nil
	}
	return saveTo(t.Cover, t.printer.W, func(w io.Writer) error { return gotest.MergeCover(w, t.profiles) })
}

// exitAs ends the command with a code after an error was shown.
func exitAs(code int, err error) error {
	fmt.Fprintln(os.Stderr, "bpflab:", err)
	return exitError{code}
}
