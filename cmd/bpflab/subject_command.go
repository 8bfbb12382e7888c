package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
)

// commandSubject is a command, run as `bpflab exec` does.
type commandSubject struct {
	command command.Command
	flags   *trialFlags
}

// skipStatus is the exit status with which a command says that it cannot judge, as with
// `git bisect run`.
const skipStatus = 125

func (s *commandSubject) String() string { return strings.Join(s.command.Argv, " ") }

func (s *commandSubject) on(ctx context.Context, b *bench, e environment) ([]judgement, error) {
	if err := checkProgram(s.command.Argv[0], e.images, s.flags.rootfs); err != nil {
		return nil, err
	}
	if err := s.flags.rootfs.make(ctx, b.std, &s.flags.machineFlags, e); err != nil {
		return nil, err
	}
	stdout, stderr, flush := b.marked(e)
	defer flush()
	x := &command.Execution{Pool: e.pool, Kernels: e.images, Task: s.flags.task, Command: s.command,
		Signals: func() (chan string, func()) { return nil, func() {} },
		Input:   func() io.Reader { return nil }, Stdout: stdout, Stderr: stderr}
	began := time.Now()
	cells := x.Run(ctx)
	result := verdict.Result{Schema: verdict.Schema, Tool: version, Started: began.UTC(), Seconds: time.Since(began).Seconds(), Command: os.Args, Cells: cells}
	if err := report.WriteDir(e.dir, result); err != nil {
		return nil, err
	}
	var all []judgement
	for i, c := range cells {
		all = append(all, judgeCommand(c, x.Outcomes()[i]))
	}
	return all, nil
}

// judgeCommand judges a kernel by the record of a command.
func judgeCommand(c verdict.Cell, o command.Outcome) judgement {
	j := judgeCells([]verdict.Cell{c})
	if j.outcome == bisect.Bad && o.Exit == skipStatus && o.Plain() && c.Splat == "" {
		j.outcome = bisect.Skip
	}
	return j
}

// marked returns where a command writes to: standard error, each line with the kernel's name,
// which [command.Execution] gives to those of several kernels.
func (b *bench) marked(e environment) (stdout, stderr io.Writer, flush func()) {
	if len(e.images) > 1 {
		return b.std.err, b.std.err, func() {}
	}
	var lock sync.Mutex
	name := e.images[0].Selector + " | "
	out := &command.Prefix{W: b.std.err, Name: name, Lock: &lock}
	errs := &command.Prefix{W: b.std.err, Name: name, Lock: &lock}
	return out, errs, func() { out.Close(); errs.Close() }
}
