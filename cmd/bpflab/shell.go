package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/lease"
)

// shellFlags are the flags of `bpflab shell`.
type shellFlags struct {
	commandFlags
	lab  string
	step int
}

func newShellCmd() *cobra.Command {
	var f shellFlags
	cmd := &cobra.Command{
		Use:   "shell",
		Short: "Open a shell in a machine",
		Long: `Open a shell in a machine with the kernel. It ends with exit or Ctrl-D, and the machine
with it. bpftool is there if this machine has it.

With --lab, the lab's files are in the directory the shell begins in, and the lab is
done up to the step that --step says: its programs are loaded and attached.`,
		Example: `  bpflab shell --kernel 6.1
  bpflab shell --kernel 5.10 --lab hello --step 1
  bpflab shell --copy ./prog.o --copy /usr/bin/strace`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{guestsStderr: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("kernel") {
				f.kernels = []string{"latest"}
			}
			return f.do(cmd.Context(), streamsOf(cmd))
		},
	}
	f.define(cmd.Flags())
	cmd.Flags().StringVar(&f.lab, "lab", "", "lab whose files and programs are there")
	cmd.Flags().IntVar(&f.step, "step", 0, "with --lab: the number of the step it is done up to (default: the first that loads a program)")
	return cmd
}

func (f *shellFlags) do(ctx context.Context, std streams) error {
	if err := f.checkSize(ctx); err != nil {
		return err
	}
	t, err := onTerminal(std)
	if err != nil {
		return err
	}
	c := command.Command{Files: &bundle.Files{Rootfs: f.rootfs.text != ""}, Root: f.rootfs.root()}
	variables, err := f.variables()
	if err != nil {
		return err
	}
	c.Env = append(f.rootfs.environment(), variables...)
	if err := errors.Join(f.copied(c.Files), f.fits(c.Files)); err != nil {
		return err
	}
	job, tree, err := f.job()
	if err != nil {
		return err
	}
	if f.dir == "" {
		dir, remove, err := lease.MkdirTemp("", lease.Prefix+"shell-")
		if err != nil {
			return err
		}
		defer remove()
		f.dir = dir
	}
	env, err := f.environment(ctx, std, "a shell has all of it")
	if err != nil {
		return err
	}
	if len(env.images) != 1 {
		return usageError{fmt.Errorf("a shell is on one kernel, and --kernel names %d", len(env.images))}
	}
	if job != nil {
		if job.Objects, err = f.build(ctx, std.err, job.Lab, tree, env.images[0].Arch, c.Files); err != nil {
			return err
		}
	}
	if err := f.rootfs.make(ctx, std, &f.machineFlags, env); err != nil {
		return err
	}
	return f.open(ctx, std.err, env, t, c, job)
}

// open starts the machine, does the lab, and opens the shell.
func (f *shellFlags) open(ctx context.Context, w io.Writer, env environment, t terminal, c command.Command, job *session.Job) error {
	var outcome command.Outcome
	do := func(ctx context.Context, a *scheduler.Attempt, _ *verdict.Cell) (err error) {
		warn(w, append([]string{env.images[0].Warning}, a.Notes...)...)
		open := func() error {
			outcome, err = t.shell(ctx, a.Session, c, a.Session.Ready.Release)
			return err
		}
		if job == nil {
			return open()
		}
		c.Dir = labDir
		job.Kernel = env.images[0]
		return f.doLab(ctx, w, a.Session, *job, open)
	}
	cell := command.Cells(ctx, env.pool, []command.Job{{Name: "shell", Task: f.task("shell", env.images[0], "machine"), Do: do}})[0]
	switch cell.Verdict {
	case verdict.Infra:
		return errors.New(cell.Reason)
	case verdict.Unsupported:
		return usageError{errors.New(cell.Reason)}
	}
	if outcome.Lost() {
		fmt.Fprintf(w, "%s\nbpflab: %s\n", cell.Splat, outcome)
	}
	if outcome.Exit != 0 {
		return exitError{outcome.Exit}
	}
	return nil
}

// warn shows the warnings that are not empty.
func warn(w io.Writer, warnings ...string) {
	for _, text := range warnings {
		if text != "" {
			fmt.Fprintln(w, "bpflab: warning:", text)
		}
	}
}

// labDir is where a lab's files are in a machine.
const labDir = "/root/lab"

// errShellDone ends a lab after its shell.
var errShellDone = errors.New("the shell has ended")

// doLab does the lab up to its step, has the shell opened then, and leaves it.
func (f *shellFlags) doLab(ctx context.Context, w io.Writer, s *session.Session, job session.Job, open func() error) error {
	wanted := job.Lab.Steps[f.step-1].Name
	opened := false
	var failed error
	job.OnJudged = func(done verdict.Step) error {
		fmt.Fprintf(w, "%s: %s\n", done.Name, done.Verdict)
		if done.Name != wanted && done.Verdict == verdict.Pass {
			return nil
		}
		if done.Verdict != verdict.Pass {
			fmt.Fprintf(w, "  expected %s\n  seen     %s\n", done.Expected, done.Seen)
		}
		opened = true
		if failed = open(); failed != nil {
			return failed
		}
		return errShellDone
	}
	out := s.Run(ctx, job)
	switch {
	case failed != nil:
		return failed
	case opened:
		return nil
	}
	fmt.Fprintf(w, "the lab ended before its step %d: %s %s\n", f.step, out.Verdict, out.Reason)
	return open()
}

// job returns the lab that --lab names, and where its files are; nil without one.
func (f *shellFlags) job() (*session.Job, run.Tree, error) {
	if f.lab == "" {
		if f.step != 0 {
			return nil, run.Tree{}, usageError{errors.New("--step is for --lab")}
		}
		return nil, run.Tree{}, nil
	}
	var lib library
	labs, err := lib.find([]string{f.lab})
	if err != nil {
		return nil, run.Tree{}, err
	}
	l := labs[0]
	if f.step == 0 {
		f.step = firstObject(l)
	}
	if f.step < 1 || f.step > len(l.Steps) {
		return nil, run.Tree{}, usageError{fmt.Errorf("--step %d: the lab %s has the steps 1 to %d", f.step, l.Name, len(l.Steps))}
	}
	return &session.Job{Lab: l}, lib.tree(l), nil
}

func firstObject(l *lab.Lab) int {
	for i, s := range l.Steps {
		if s.Source(l) != "" && len(s.Checks) > 0 {
			return i + 1
		}
	}
	return 1
}

// build compiles the lab's C files for an architecture, and carries them with what they became.
func (f *shellFlags) build(ctx context.Context, w io.Writer, l *lab.Lab, tree run.Tree, arch kernel.Arch, files *bundle.Files) (map[string][]byte, error) {
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	built, err := run.Build(ctx, build.New(compiler(cache)), l, tree, arch)
	if err != nil {
		return nil, err
	}
	objects := map[string][]byte{}
	for _, b := range built {
		warn(w, b.Object.Warning)
		objects[b.Name] = b.Object.Bytes
		name := path.Join(labDir, path.Base(b.Name))
		files.AddContent(name, b.C)
		files.AddContent(strings.TrimSuffix(name, ".c")+".o", b.Object.Bytes)
	}
	return objects, nil
}
