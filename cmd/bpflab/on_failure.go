package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
)

// failureShell is a shell in the machine that failed.
type failureShell struct {
	wanted   bool
	terminal terminal
}

func (f *failureShell) define(flags *pflag.FlagSet) {
	flags.BoolVar(&f.wanted, "on-failure", false, "open a shell in a machine where something failed; one machine runs at a time then")
}

// prepare takes the terminal, and has one machine run at a time.
func (f *failureShell) prepare(std streams, jobs *int) (err error) {
	if !f.wanted {
		return nil
	}
	if f.terminal, err = onTerminal(std); err != nil {
		return usageError{fmt.Errorf("--on-failure: %w", err)}
	}
	*jobs = 1
	return nil
}

// open opens the shell if the record is of a failure. c says where.
func (f *failureShell) open(ctx context.Context, s *session.Session, c command.Command, cell verdict.Cell) error {
	if !f.wanted || cell.Verdict == verdict.Pass || cell.Verdict == verdict.Infra {
		return nil
	}
	return f.shell(ctx, s, command.Command{Root: c.Root, Env: c.Env, Dir: c.Dir}, cell.Lab+": "+cell.Reason)
}

func (f *failureShell) shell(ctx context.Context, s *session.Session, c command.Command, why string) error {
	fmt.Fprintf(f.terminal.out, "\n%s\nA shell in its machine; exit or Ctrl-D goes on.\n", why)
	_, err := f.terminal.shell(ctx, s, c, s.Ready.Release)
	return err
}

// step returns what is done when a step of a lab has failed; nil for nothing.
func (f *failureShell) step() func(context.Context, *session.Session, plan.Cell, verdict.Step) error {
	if !f.wanted {
		return nil
	}
	return func(ctx context.Context, s *session.Session, cell plan.Cell, step verdict.Step) error {
		why := fmt.Sprintf("%s on %s, step %s: %s\n  expected %s\n  seen     %s", cell.Lab.Name, cell.Kernel.Selector, step.Name, step.Verdict, step.Expected, step.Seen)
		return f.shell(ctx, s, command.Command{}, why)
	}
}
