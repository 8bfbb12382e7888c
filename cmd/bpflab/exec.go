package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/gotest"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// machineFlags are those of commands that run something of the user's in machines.
type machineFlags struct {
	run     runFlags // kernels, provider, mirror, locked, jobs, directory, reports
	env     []string
	copy    []string
	memory  sizeFlag
	cpus    int
	timeout time.Duration
	rootfs  rootfsFlag
}

func (f *machineFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.run.defineMachines(cmd, "machines at one time (default: one a core)")
	f.run.onFail.define(cmd)
	f.run.defineSplats(cmd)
	flags.BoolVar(&f.run.cold, "cold", false, "boot every machine, fork none")
	flags.StringArrayVar(&f.env, "env", nil, "set a variable, as K=V, or pass on the one of this name")
	flags.StringArrayVar(&f.copy, "copy", nil, "file or directory to carry too, as PATH, or PATH:NAME under another name")
	flags.Var(&f.memory, "mem", "memory of a machine, as 512M or 2G")
	flags.IntVar(&f.cpus, "cpus", 1, "processors of a machine")
	flags.StringVar(&f.rootfs.text, "rootfs", "", "userland of the machine: a directory, a tar file, or debian:RELEASE+PACKAGE+...")
	flags.BoolVar(&f.run.provider.consent, "yes-on-this-kernel", false, "run on a kernel that others use too")
	f.run.defineReports(cmd)
}

// environment is what --env says.
func (f *machineFlags) environment() ([]string, error) {
	var env []string
	for _, e := range f.env {
		name, _, set := strings.Cut(e, "=")
		if name == "" {
			return nil, usageError{fmt.Errorf("--env %s: want K=V, or the name of a variable", e)}
		}
		if !set {
			value, ok := os.LookupEnv(name)
			if !ok {
				return nil, usageError{fmt.Errorf("--env %s: no such variable here; give its value, as %s=VALUE", e, e)}
			}
			e = name + "=" + value
		}
		env = append(env, e)
	}
	return env, nil
}

// copied adds what --copy says.
func (f *machineFlags) copied(files *bundle.Files) error {
	for _, c := range f.copy {
		path, name, as := strings.Cut(c, ":")
		var err error
		if as {
			err = files.AddAs(path, name)
		} else {
			err = addCopied(files, path)
		}
		if err != nil {
			return usageError{fmt.Errorf("--copy %s: %w", c, err)}
		}
	}
	return nil
}

// addCopied adds a program with its libraries, and all else as it is.
func addCopied(files *bundle.Files, path string) error {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
		return files.Program(path)
	}
	return files.Add(path)
}

// task asks for a machine for one kernel. Its directory is below "machines", or is
// dir itself.
func (f *machineFlags) task(class string, image kernel.Image, dir string) scheduler.Task {
	return scheduler.Task{
		Class: class,
		Machine: vms.Spec{Kernel: image, Memory: max(int64(f.memory.Size), f.rootfs.memory(image)), CPUs: f.cpus,
			Rootfs: f.rootfs.files[image.SHA256]},
		Dir: func(n int) string {
			if n > 1 {
				return fmt.Sprintf("%s-%d", dir, n)
			}
			return dir
		},
	}
}

// fits says whether files fit into a machine's memory beside all else, as far as is
// known before it is there.
func (f *machineFlags) fits(files *bundle.Files) error {
	const usual, agent = 256 << 20, 64 << 20
	room := max(int64(f.memory.Size), usual)/2 - agent // of a machine's memory, tmpfs takes half
	if files.Size() <= room {
		return nil
	}
	name, size := files.Largest()
	return usageError{fmt.Errorf("%d MiB of files (%s has %d MiB) do not fit into the machine: give it more memory, --mem %dM",
		files.Size()>>20, name, size>>20, (files.Size()*5/2)>>20+256)}
}

// execFlags are the flags of `bpflab exec`.
type execFlags struct {
	machineFlags
	cwd       string
	artifacts string
}

func newExecCmd() *cobra.Command {
	var f execFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARGUMENT...]",
		Short: "Run a command inside each kernel",
		Long: `Run a command inside each kernel, in a machine of its own. Input, output, signals and
the exit status pass through; with several kernels, lines are marked with the kernel,
and the exit status is 1 if the command failed on any.

A COMMAND with a slash is a file of this machine, which is carried there under its own
name, with the shared libraries it needs, as are files that arguments name. One
without is busybox's, or else one of this machine's PATH.`,
		Example: `  bpflab exec --kernel 6.1 -- uname -r
  bpflab exec -- ./load.sh prog.o
  go test -exec 'bpflab exec --kernel 6.1 --' ./...`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("name a command, as in: bpflab exec -- uname -r")
			}
			if f.run.toStdout() {
				return errors.New("standard output is the command's: name a file for the report, not -")
			}
			return nil
		},
		Annotations: map[string]string{commandFollows: "COMMAND", commandsOwnStderr: "yes"},
		RunE:        func(cmd *cobra.Command, args []string) error { return f.do(cmd, args) },
	}
	f.define(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.cwd, "cwd", "", "directory to run in, in the machine (default: this one's name)")
	flags.StringVar(&f.artifacts, "artifacts", "", "bring back what the command writes to $BPFLAB_ARTIFACTS, into this directory")
	flags.DurationVar(&f.timeout, "timeout", 0, "end the command after this time, with SIGQUIT, then SIGKILL")
	flags.SetInterspersed(false)
	return cmd
}

func (f *execFlags) do(cmd *cobra.Command, argv []string) (err error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer cancel()
	sigs, stop := watchSignals(cmd.Context(), cancel)
	defer stop()
	base, err := f.command(argv)
	if err != nil {
		return err
	}
	if err := f.checkSize(ctx); err != nil {
		return err
	}
	if err := f.run.onFail.prepare(cmd, &f.run.jobs); err != nil {
		return err
	}
	tidy, err := f.temporary()
	if err != nil {
		return err
	}
	keep := false
	defer func() { tidy(keep) }()
	g, err := f.run.ground(ctx, cmd, "the command has all of it")
	if err != nil {
		return err
	}
	if err := f.rootfs.make(ctx, cmd, &f.run, g); err != nil {
		return err
	}
	e := &execution{execFlags: f, ground: g, base: base, signals: sigs, input: inputFor(cmd.InOrStdin(), len(g.images)), stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
	if f.run.onFail.wanted {
		e.input = func() io.Reader { return nil } // a shell after a failure has it all
	}
	result := e.all(ctx)
	err = f.report(cmd, g, result)
	if keep = e.keep; keep {
		fmt.Fprintln(cmd.ErrOrStderr(), "bpflab: consoles and cores are in", g.dir)
	}
	if err != nil {
		return err
	}
	if code := e.exit(result); code != 0 {
		return exitError{code}
	}
	return nil
}

// temporary has the results go to a directory that tidy removes, if nobody asked for
// one and there is nothing in it to keep: a command may be run hundreds of times.
func (f *execFlags) temporary() (tidy func(keep bool), err error) {
	if f.run.dir != "" || f.run.reports() {
		return func(bool) {}, nil
	}
	f.run.dir, err = newResultDir()
	return func(keep bool) {
		if keep {
			removeOld(filepath.Dir(f.run.dir))
		} else {
			os.RemoveAll(f.run.dir)
		}
	}, err
}

func (f *execFlags) report(cmd *cobra.Command, g ground, result verdict.Result) error {
	if !f.run.reports() {
		return nil
	}
	return f.run.write(cmd, g.dir, result)
}

// command is what is to run, the same on all kernels.
func (f *execFlags) command(argv []string) (command.Command, error) {
	c := command.Command{Argv: argv, Files: &bundle.Files{Rootfs: f.rootfs.text != ""}, Root: f.rootfs.root(), Timeout: f.timeout, Dir: f.cwd}
	env, err := f.environment()
	if err != nil {
		return c, err
	}
	c.Env = append(append(f.rootfs.environment(), "BPFLAB_ARTIFACTS="+artifactsDir), env...)
	if err := f.copied(c.Files); err != nil {
		return c, err
	}
	if strings.Contains(argv[0], "/") {
		if err := c.Files.Program(argv[0]); err != nil {
			return c, usageError{fmt.Errorf("%s: %w", argv[0], err)}
		}
		if c.Argv, err = absolute(argv); err != nil {
			return c, err
		}
	}
	if err := testData(c.Files, argv[0]); err != nil {
		return c, err
	}
	if err := c.Files.Arguments(argv[1:]); err != nil {
		return c, usageError{err}
	}
	if c.Dir == "" {
		if c.Dir, err = os.Getwd(); err != nil {
			return c, err
		}
	}
	c.Files.Mkdir(c.Dir)
	c.Files.Mkdir(artifactsDir)
	for _, o := range bundle.TestOutputs(argv) {
		c.Files.Mkdir(o.To)
	}
	return c, f.fits(c.Files)
}

// testData adds what tests read where `go test -exec` runs a test binary: in its
// package's directory.
func testData(files *bundle.Files, program string) error {
	if !strings.HasSuffix(program, ".test") {
		return nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	return gotest.Data(files, dir, gotest.ModuleOf(dir))
}

// artifactsDir is the directory in a machine whose content comes back.
const artifactsDir = "/tmp/artifacts"

// absolute names the command by its absolute path.
func absolute(argv []string) ([]string, error) {
	path, err := filepath.Abs(argv[0])
	return append([]string{path}, argv[1:]...), err
}

// execution is a command on its kernels.
type execution struct {
	*execFlags
	ground
	base           command.Command
	signals        *signals
	input          func() io.Reader
	stdout, stderr io.Writer

	lock     sync.Mutex // of stdout and stderr
	outcomes []command.Outcome
	keep     bool // there is something to see in the result directory
}

func (e *execution) all(ctx context.Context) verdict.Result {
	r := verdict.Result{Schema: verdict.Schema, Tool: version, Started: time.Now().UTC(), Command: os.Args}
	e.outcomes = make([]command.Outcome, len(e.images))
	var jobs []command.Job
	for i := range e.images {
		jobs = append(jobs, e.job(i))
	}
	r.Cells = command.Cells(ctx, e.pool, jobs)
	r.Seconds = time.Since(r.Started).Seconds()
	return r
}

// job is the command on one kernel.
func (e *execution) job(i int) command.Job {
	image := e.images[i]
	out, flush := e.output(image.Selector)
	return command.Job{
		Name: filepath.Base(e.base.Argv[0]),
		Task: e.task("exec", image, filepath.Join("machines", fmt.Sprintf("%03d-%s", i, image.Series))),
		Do: func(ctx context.Context, a *scheduler.Attempt, cell *verdict.Cell) error {
			return e.in(ctx, a.Session, i, out, cell)
		},
		Done: func(cell verdict.Cell) {
			flush()
			e.tell(cell, e.outcomes[i])
		},
	}
}

// output is where a kernel's command writes to.
func (e *execution) output(name string) (out [2]io.Writer, flush func()) {
	if len(e.images) == 1 {
		return [2]io.Writer{e.stdout, e.stderr}, func() {}
	}
	mark := fmt.Sprintf("%-*s | ", e.widest(), name)
	stdout := &command.Prefix{W: e.stdout, Name: mark, Lock: &e.lock}
	stderr := &command.Prefix{W: e.stderr, Name: mark, Lock: &e.lock}
	return [2]io.Writer{stdout, stderr}, func() { stdout.Close(); stderr.Close() }
}

func (e *execution) widest() int {
	n := 0
	for _, k := range e.images {
		n = max(n, len(k.Selector))
	}
	return n
}

// in runs the command in a machine, and brings back what it leaves.
func (e *execution) in(ctx context.Context, s *session.Session, i int, out [2]io.Writer, cell *verdict.Cell) error {
	c := e.base
	var done func()
	c.Signals, done = e.signals.take()
	defer done()
	tail := &command.Tail{Cap: 64 << 10}
	c.Stdout, c.Stderr, c.Stdin = io.MultiWriter(out[0], tail), io.MultiWriter(out[1], tail), e.input()
	outcome, err := runOrCarry(ctx, s, c)
	if err != nil {
		return err
	}
	e.outcomes[i] = outcome
	outcome.Note(cell)
	cell.Steps = append(cell.Steps, verdict.Step{Name: strings.Join(c.Argv, " "), Verdict: cell.Verdict, Expected: "exit status 0",
		Seen: outcome.String(), Log: tail.String(), Seconds: outcome.Seconds})
	if outcome.Lost() {
		return nil // nothing comes back from there
	}
	if err := e.run.onFail.open(ctx, s, c, *cell); err != nil {
		return command.Begun(err)
	}
	return command.Begun(e.bringBack(ctx, s, i, outcome))
}

// runOrCarry runs a command that the machine has, else carries the one that this
// machine's PATH has.
func runOrCarry(ctx context.Context, s *session.Session, c command.Command) (command.Outcome, error) {
	outcome, err := command.Run(ctx, s, c)
	if err != nil || outcome.Error == "" || outcome.Exit != 127 || c.Root != "" || strings.Contains(c.Argv[0], "/") {
		return outcome, err
	}
	path, err := exec.LookPath(c.Argv[0])
	if err != nil {
		return outcome, nil
	}
	c.Files = &bundle.Files{}
	if err := c.Files.Program(path); err != nil {
		return outcome, err
	}
	c.Argv = append([]string{path}, c.Argv[1:]...)
	return command.Run(ctx, s, c)
}

// bringBack takes artifacts, and cores with the binary that left them.
func (e *execution) bringBack(ctx context.Context, s *session.Session, i int, o command.Outcome) error {
	if e.artifacts != "" {
		dir := e.artifacts
		if len(e.images) > 1 {
			dir = filepath.Join(dir, e.images[i].Selector)
		}
		if _, err := command.Take(ctx, s, e.base.Root, artifactsDir, dir); err != nil {
			return err
		}
	}
	for _, back := range bundle.TestOutputs(e.base.Argv) {
		if _, err := command.Take(ctx, s, e.base.Root, back.Path, back.To); err != nil {
			return err
		}
	}
	if !o.Core {
		return nil
	}
	e.keepThis()
	dir := filepath.Join(e.dir, "cores", e.images[i].Selector)
	return command.TakeCores(ctx, s, dir, e.base.Argv[0])
}

func (e *execution) keepThis() {
	e.lock.Lock()
	defer e.lock.Unlock()
	e.keep = true
}

// tell says how a command ended, where its output does not.
func (e *execution) tell(cell verdict.Cell, o command.Outcome) {
	quiet := cell.Verdict == verdict.Pass || cell.Verdict != verdict.Infra && o.Plain() && cell.Splat == ""
	for _, w := range command.AllowedSplats(cell) {
		e.lock.Lock()
		fmt.Fprintf(e.stderr, "bpflab: %s on %s: %s\n", cell.Lab, cell.Kernel.Selector, w)
		e.lock.Unlock()
	}
	if quiet && (len(e.images) == 1 || cell.Verdict == verdict.Pass) {
		return
	}
	if cell.Splat != "" {
		e.keepThis()
	}
	e.lock.Lock()
	defer e.lock.Unlock()
	if cell.Splat != "" {
		fmt.Fprintln(e.stderr, strings.TrimRight(cell.Splat, "\n"))
	}
	fmt.Fprintf(e.stderr, "bpflab: %s on %s: %s%s\n", cell.Lab, cell.Kernel.Selector, cell.Reason, e.hint(o))
}

// hint is what may help with a command that is not there.
func (e *execution) hint(o command.Outcome) string {
	if o.Exit == 127 && o.Error != "" && len(e.base.Argv) == 1 && strings.Contains(e.base.Argv[0], " ") {
		return "; a shell understands that: -- sh -c '" + e.base.Argv[0] + "'"
	}
	return ""
}

// exit is the command's own status on one kernel, else 1 if it failed on any.
func (e *execution) exit(r verdict.Result) int {
	if len(r.Cells) == 1 && r.Cells[0].Verdict != verdict.Infra && (e.outcomes[0].Exit != 0 || r.Cells[0].Verdict == verdict.Pass) {
		return e.outcomes[0].Exit
	}
	return r.Exit()
}
