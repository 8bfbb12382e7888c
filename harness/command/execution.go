package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// ArtifactsDir is the directory in a machine whose content [Execution] brings back.
const ArtifactsDir = "/tmp/artifacts"

// Execution runs one command on several kernels, each in a machine of its own.
type Execution struct {
	Pool    *scheduler.Pool
	Kernels []kernel.Image
	Task    TaskFunc
	Command Command // its streams and signals are filled in for every kernel

	Input          func() io.Reader // returns one command's standard input; see [Input]
	Stdout, Stderr io.Writer        // of several kernels, lines are marked with the kernel
	Signals        SignalsFunc
	Artifacts      string // where ArtifactsDir is copied to, in a directory per kernel if there are several; "" is nowhere
	Failed         FailedFunc

	// RunTimes judges how often and how long programs ran that the command has loaded, if it
	// succeeded; nothing is counted if it is nil. lacking says that a kernel cannot count, and why.
	RunTimes func(k kernel.Image, seen []verdict.RunTime, lacking string) []verdict.Check

	lock     sync.Mutex // of Stdout, Stderr and keep
	outcomes []Outcome
	keep     bool
}

// TaskFunc returns the task of a class on a kernel. Its first machine's files are in
// dir, which is below the pool's directory.
type TaskFunc func(class string, image kernel.Image, dir string) scheduler.Task

// SignalsFunc begins to pass this process's signals on to a command, by name, until done
// is called.
type SignalsFunc func() (names chan string, done func())

// FailedFunc is called with the record of a failed command, while its machine still runs.
// c says where the command ran.
type FailedFunc func(ctx context.Context, s *session.Session, c Command, cell verdict.Cell) error

// Run runs the command on every kernel and returns the records, in order.
func (e *Execution) Run(ctx context.Context) []verdict.Cell {
	e.outcomes = make([]Outcome, len(e.Kernels))
	var jobs []Job
	for i := range e.Kernels {
		jobs = append(jobs, e.job(i))
	}
	return Cells(ctx, e.Pool, jobs)
}

// Outcomes returns how the command ended on each kernel. It is zero where it did not begin.
func (e *Execution) Outcomes() []Outcome { return e.outcomes }

// Exit returns the exit status of all: the command's own on one kernel, else 1 if it
// failed on any.
func (e *Execution) Exit(r verdict.Result) int {
	if len(r.Cells) == 1 && r.Cells[0].Verdict != verdict.Infra && (e.outcomes[0].Exit != 0 || r.Cells[0].Verdict == verdict.Pass) {
		return e.outcomes[0].Exit
	}
	return r.Exit()
}

// Keep reports whether the pool's directory contains something worth keeping: a console
// with a report of the kernel, or a core dump.
func (e *Execution) Keep() bool {
	e.lock.Lock()
	defer e.lock.Unlock()
	return e.keep
}

// job returns the command on one kernel.
func (e *Execution) job(i int) Job {
	image := e.Kernels[i]
	stdout, stderr, flush := e.output(image.Selector)
	return Job{
		Name: filepath.Base(e.Command.Argv[0]),
		Task: e.Task("exec", image, filepath.Join("machines", DirName(i, image.Series))),
		Do: func(ctx context.Context, a *scheduler.Attempt, cell *verdict.Cell) error {
			return e.in(ctx, a.Session, i, stdout, stderr, cell)
		},
		Done: func(cell verdict.Cell) {
			flush()
			e.show(cell, e.outcomes[i])
		},
	}
}

// output returns where a kernel's command writes to.
func (e *Execution) output(name string) (stdout, stderr io.Writer, flush func()) {
	if len(e.Kernels) == 1 {
		return e.Stdout, e.Stderr, func() {}
	}
	width := 0
	for _, k := range e.Kernels {
		width = max(width, len(k.Selector))
	}
	mark := fmt.Sprintf("%-*s | ", width, name)
	out := &Prefix{W: e.Stdout, Name: mark, Lock: &e.lock}
	err := &Prefix{W: e.Stderr, Name: mark, Lock: &e.lock}
	return out, err, func() { out.Close(); err.Close() }
}

// in runs the command in a machine, and brings back what it leaves.
func (e *Execution) in(ctx context.Context, s *session.Session, i int, stdout, stderr io.Writer, cell *verdict.Cell) error {
	c := e.Command
	var done func()
	c.Signals, done = e.Signals()
	defer done()
	tail := &Tail{Cap: 64 << 10}
	c.Stdout, c.Stderr, c.Stdin = io.MultiWriter(stdout, tail), io.MultiWriter(stderr, tail), e.Input()
	step := verdict.Step{Name: strings.Join(c.Argv, " "), Expected: "exit status 0"}
	lacking, err := e.countRuns(ctx, s)
	if err != nil {
		return err
	}
	outcome, err := runOrSend(ctx, s, c, e.Kernels[i])
	if err != nil {
		return err
	}
	e.outcomes[i] = outcome
	outcome.Note(cell)
	step.Verdict, step.Seen, step.Log, step.Seconds = cell.Verdict, outcome.String(), tail.String(), outcome.Seconds
	err = e.judgeRuns(ctx, s, i, lacking, cell, &step)
	cell.Steps = append(cell.Steps, step)
	if err != nil {
		return Begun(err)
	}
	if outcome.Lost() {
		return nil // nothing comes back from there
	}
	if e.Failed != nil {
		if err := e.Failed(ctx, s, c, *cell); err != nil {
			return Begun(err)
		}
	}
	return Begun(e.bringBack(ctx, s, i, outcome))
}

// countRuns begins to count runs of programs, if that is wanted.
func (e *Execution) countRuns(ctx context.Context, s *session.Session) (lacking string, err error) {
	if e.RunTimes == nil {
		return "", nil
	}
	return s.CountRuns(ctx)
}

// judgeRuns records what was counted, and judges it.
func (e *Execution) judgeRuns(ctx context.Context, s *session.Session, i int, lacking string, cell *verdict.Cell, step *verdict.Step) (err error) {
	if e.RunTimes == nil || e.outcomes[i].Lost() {
		return nil
	}
	if lacking == "" {
		if step.RunTimes, err = s.Runs(ctx, true); err != nil {
			return err
		}
	}
	step.Note(cmp.Or(lacking, verdict.RunTimeLine(step.RunTimes)))
	if !e.outcomes[i].OK() {
		return nil
	}
	step.Checks = e.RunTimes(e.Kernels[i], step.RunTimes, lacking)
	for _, c := range step.Checks {
		if worse := verdict.Worse(step.Verdict, c.Verdict); worse != step.Verdict {
			step.Verdict, step.Expected, step.Seen = worse, c.Expected, c.Seen
			cell.Verdict, cell.Reason = worse, "expected "+c.Expected+": "+c.Seen
		}
	}
	return nil
}

// runOrSend runs a command that the machine has, else sends the one in this host's PATH.
func runOrSend(ctx context.Context, s *session.Session, c Command, k kernel.Image) (Outcome, error) {
	outcome, err := Run(ctx, s, c)
	if err != nil || outcome.Error == "" || outcome.Exit != 127 || c.Root != "" || strings.Contains(c.Argv[0], "/") {
		return outcome, err
	}
	path, err := exec.LookPath(c.Argv[0])
	if err != nil {
		return outcome, nil
	}
	if err := bundle.CheckArch(path, []kernel.Image{k}); err != nil {
		outcome.Error = err.Error()
		return outcome, nil
	}
	c.Files = &bundle.Files{}
	if err := c.Files.Program(path); err != nil {
		return outcome, err
	}
	c.Argv = append([]string{path}, c.Argv[1:]...)
	return Run(ctx, s, c)
}

// bringBack takes artifacts, and cores with the binary that left them.
func (e *Execution) bringBack(ctx context.Context, s *session.Session, i int, o Outcome) error {
	if e.Artifacts != "" {
		dir := e.Artifacts
		if len(e.Kernels) > 1 {
			dir = filepath.Join(dir, e.Kernels[i].Selector)
		}
		if _, err := Take(ctx, s, e.Command.Root, ArtifactsDir, dir); err != nil {
			return err
		}
	}
	for _, back := range bundle.TestOutputs(e.Command.Argv) {
		if _, err := Take(ctx, s, e.Command.Root, back.Path, back.To); err != nil {
			return err
		}
	}
	if !o.Core {
		return nil
	}
	e.keepFiles()
	return TakeCores(ctx, s, filepath.Join(e.Pool.Dir, "cores", e.Kernels[i].Selector), e.Command.Argv[0])
}

func (e *Execution) keepFiles() {
	e.lock.Lock()
	defer e.lock.Unlock()
	e.keep = true
}

// show prints how a command ended, where its output does not.
func (e *Execution) show(cell verdict.Cell, o Outcome) {
	e.lock.Lock()
	defer e.lock.Unlock()
	for _, w := range AllowedSplats(cell) {
		fmt.Fprintf(e.Stderr, "bpflab: %s on %s: %s\n", cell.Lab, cell.Kernel.Selector, w)
	}
	e.keep = e.keep || cell.Splat != ""
	plain := cell.Verdict != verdict.Infra && cell.Verdict != verdict.Unsupported && o.Plain() && o.OOM == 0 && cell.Splat == ""
	if cell.Verdict == verdict.Pass || plain && len(e.Kernels) == 1 {
		return
	}
	if cell.Splat != "" {
		fmt.Fprintln(e.Stderr, strings.TrimRight(cell.Splat, "\n"))
	}
	fmt.Fprintf(e.Stderr, "bpflab: %s on %s: %s%s\n", cell.Lab, cell.Kernel.Selector, cell.Reason, e.hint(o))
}

// hint returns advice about a command that was not found.
func (e *Execution) hint(o Outcome) string {
	if o.Exit == 127 && o.Error != "" && len(e.Command.Argv) == 1 && strings.Contains(e.Command.Argv[0], " ") {
		return "; a shell understands that: -- sh -c '" + e.Command.Argv[0] + "'"
	}
	return ""
}
