package gotest

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
)

// Options says how to run a package's tests.
type Options struct {
	Flags   Flags
	Root    string // the machine's directory of a root file system, "" for none
	Env     []string
	Signals <-chan string
	Stderr  io.Writer   // what the binary writes besides what tests print; nil is nowhere
	Each    func(Event) // called for every event, in order; may be nil
	Cores   string      // directory for the memory of a test that died
	Cover   string      // directory for the coverage profile
}

// late is how much longer than its own timeout a test binary may take: it ends itself
// and prints its goroutines, unless it hangs altogether.
const late = 30 * time.Second

// coverFile is where a machine's coverage profile is.
const coverFile = "/tmp/bpflab-cover.out"

// Run runs a package's tests in a machine and writes their results into the record. The
// error is the machine's.
func (p *Package) Run(ctx context.Context, s *session.Session, o Options, cell *verdict.Cell) error {
	rec := newRecord()
	in, wait, err := convert(ctx, p.Path, func(e Event) {
		e.Kernel = cell.Kernel.Selector
		rec.take(e)
		if o.Each != nil {
			o.Each(e)
		}
	})
	if err != nil {
		return err
	}
	c := command.Command{Argv: p.argv(o.Flags), Root: o.Root, Env: o.Env, Dir: p.Dir, Files: p.Files, Stdout: in, Stderr: in, Signals: o.Signals}
	if o.Flags.Timeout > 0 {
		c.Timeout = o.Flags.Timeout + s.Limit(late)
	}
	outcome, err := command.Run(ctx, s, c)
	in.Close()
	if werr := wait(); err == nil && werr != nil {
		err = fmt.Errorf("go tool test2json: %w", werr)
	}
	steps := rec.close(outcome.String(), err == nil && outcome.Plain() && outcome.Exit <= 1)
	if err != nil {
		cell.Steps = steps
		return err
	}
	judge(cell, steps, outcome)
	if outcome.Lost() {
		return nil
	}
	return command.Begun(p.bringBack(ctx, s, o, outcome))
}

func (p *Package) argv(f Flags) []string {
	argv := []string{p.Binary, "-test.v=test2json", "-test.paniconexit0", "-test.timeout=" + f.Timeout.String()}
	if f.Cover != "" {
		argv = append(argv, "-test.coverprofile="+coverFile)
	}
	return append(argv, f.Test...)
}

func (p *Package) bringBack(ctx context.Context, s *session.Session, o Options, outcome command.Outcome) error {
	if o.Flags.Cover != "" {
		if _, err := command.Take(ctx, s, o.Root, coverFile, o.Cover); err != nil {
			return err
		}
	}
	if outcome.Core && !outcome.TimedOut {
		return command.TakeCores(ctx, s, o.Cores, p.Binary)
	}
	return nil
}

// CoverIn returns the path of the profile that Run stores in a directory.
func CoverIn(dir string) string { return filepath.Join(dir, filepath.Base(coverFile)) }
