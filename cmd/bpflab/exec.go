package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/gotest"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// execFlags are the flags of `bpflab exec`.
type execFlags struct {
	commandFlags
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
			if f.toStdout() {
				return errors.New("standard output is the command's: name a file for the report, not -")
			}
			return nil
		},
		Annotations: map[string]string{commandFollows: "COMMAND", guestsStderr: "yes", ownFlagsFollow: "COMMAND"},
		RunE:        func(cmd *cobra.Command, args []string) error { return f.do(cmd.Context(), streamsOf(cmd), args) },
	}
	flags := cmd.Flags()
	f.define(flags)
	flags.StringVar(&f.cwd, "cwd", "", "directory to run in, in the machine (default: this one's name)")
	flags.StringVar(&f.artifacts, "artifacts", "", "bring back what the command writes to $BPFLAB_ARTIFACTS, into this directory")
	flags.DurationVar(&f.timeout, "timeout", 0, "end the command after this time, with SIGQUIT, then SIGKILL")
	flags.SetInterspersed(false)
	return cmd
}

func (f *execFlags) do(before context.Context, std streams, argv []string) (err error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(before))
	defer cancel()
	signals, stop := watchSignals(before, cancel)
	defer stop()
	base, err := f.command(argv)
	if err != nil {
		return err
	}
	if err := f.checkSize(ctx); err != nil {
		return err
	}
	if err := f.onFail.prepare(std, &f.jobs); err != nil {
		return err
	}
	tidy, err := f.temporary()
	if err != nil {
		return err
	}
	keep := false
	defer func() { tidy(keep) }()
	env, err := f.environment(ctx, std, "the command has all of it")
	if err != nil {
		return err
	}
	if err := checkProgram(argv[0], env.images, f.rootfs); err != nil {
		return err
	}
	if err := f.rootfs.make(ctx, std, &f.machineFlags, env); err != nil {
		return err
	}
	e := &command.Execution{Pool: env.pool, Kernels: env.images, Task: f.task, Command: base, Signals: signals.take, Failed: f.onFail.open,
		Input: f.input(std, len(env.images)), Stdout: std.out, Stderr: std.err, Artifacts: f.artifacts}
	result := verdict.Result{Schema: verdict.Schema, Tool: version, Started: time.Now().UTC(), Command: os.Args}
	result.Cells = e.Run(ctx)
	result.Seconds = time.Since(result.Started).Seconds()
	if std.verbose {
		for _, cell := range result.Cells {
			fmt.Fprint(std.err, machineLines(cell))
		}
	}
	if keep = e.Keep(); keep {
		defer fmt.Fprintln(std.err, "bpflab: consoles and cores are in", env.dir)
	}
	if f.wanted() {
		if err := f.write(std, env.dir, result); err != nil {
			return err
		}
	}
	if n := ranOn(result.Cells); n == 0 {
		return needSome(n, "kernel ran the command", "none of them can be what --kernel asks for")
	}
	return exitWith(e.Exit(result))
}

// checkProgram returns a usage error if a command is a file that some of the kernels cannot run. That
// of a root file system may be what was meant, and a path is this host's.
func checkProgram(name string, kernels []kernel.Image, root rootfsFlag) error {
	if !strings.Contains(name, "/") {
		return nil
	}
	err := bundle.CheckArch(name, kernels)
	switch {
	case err == nil:
		return nil
	case root.text != "":
		err = fmt.Errorf("%w; the program of --rootfs is named without its path: %s", err, filepath.Base(name))
	}
	return usageError{err}
}

// ranOn counts the kernels that can be booted as they are wanted.
func ranOn(cells []verdict.Cell) (n int) {
	for _, c := range cells {
		if c.Verdict != verdict.Unsupported {
			n++
		}
	}
	return n
}

// machineLines returns what is known of a record's machine, in lines.
func machineLines(cell verdict.Cell) string {
	where := fmt.Sprintf("bpflab: %s on %s: ", cell.Lab, cell.Kernel.Selector)
	out := where + "no machine"
	if cell.StartKind != "" {
		out = fmt.Sprintf("%s%s in %.2f s", where, cell.StartKind, cell.Durations.Start)
	}
	if cell.Hypervisor != nil {
		out += ", " + cell.Hypervisor.String()
	}
	for _, warning := range cell.Warnings {
		out += "\n" + where + warning
	}
	return out + "\n"
}

// input returns what gives each command its standard input. A shell after a failure
// takes all of it.
func (f *execFlags) input(std streams, kernels int) func() io.Reader {
	if f.onFail.wanted {
		return func() io.Reader { return nil }
	}
	return command.Input(std.in, kernels)
}

// temporary makes a directory for the results, which tidy removes if nobody asked for
// one and there is nothing in it to keep: a command may be run hundreds of times.
func (f *execFlags) temporary() (tidy func(keep bool), err error) {
	if f.dir != "" || f.wanted() {
		return func(bool) {}, nil
	}
	f.dir, err = newResultDir()
	return func(keep bool) {
		if keep {
			removeOld(filepath.Dir(f.dir))
		} else {
			os.RemoveAll(f.dir)
		}
	}, err
}

// command returns what is to run, the same on all kernels.
func (f *execFlags) command(argv []string) (command.Command, error) {
	c := command.Command{Argv: argv, Files: &bundle.Files{Rootfs: f.rootfs.text != ""}, Root: f.rootfs.root(), Timeout: f.timeout, Dir: f.cwd}
	env, err := f.variables()
	if err != nil {
		return c, err
	}
	c.Env = append(append(f.rootfs.environment(), "BPFLAB_ARTIFACTS="+command.ArtifactsDir), env...)
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
	c.Files.Mkdir(command.ArtifactsDir)
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

// absolute names the command by its absolute path.
func absolute(argv []string) ([]string, error) {
	path, err := filepath.Abs(argv[0])
	return append([]string{path}, argv[1:]...), err
}
