package command

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Place is a machine to be, and where what it leaves goes.
type Place struct {
	Provider vms.Provider
	Agent    string // path of the guest agent's binary
	Kernel   kernel.Image
	Memory   int64 // bytes, 0 means the provider's default
	CPUs     int
	Userland string // see vms.Spec
	Cold     bool
	Results  string // the result directory
	Dir      string // the machine's own, relative to Results
}

// Cell starts a machine, does what there is to do in it, and writes what came of it
// into a record whose verdict do sets; one that cannot be started is infra.
func (p Place) Cell(ctx context.Context, name string, do func(*session.Session, *verdict.Cell) error) verdict.Cell {
	k := p.Kernel
	cell := verdict.Cell{Lab: name, Provider: p.Provider.Name(), Verdict: verdict.Pass, Steps: []verdict.Step{},
		Kernel: verdict.Kernel{Selector: k.Selector, Release: k.Release, Source: k.Source, Package: k.Package, Version: k.PkgVer, SHA256: k.SHA256}}
	if k.Warning != "" {
		cell.Warnings = []string{k.Warning}
	}
	began := time.Now()
	s, done, err := p.start(ctx)
	cell.Durations.Start = time.Since(began).Seconds()
	if err == nil {
		m := s.Machine().Info()
		cell.Kernel.Release, cell.BootID = s.Ready.Release, s.Ready.BootID
		cell.StartKind, cell.Where, cell.Warnings = m.StartKind, m.Where, append(cell.Warnings, m.Notes...)
		cell.Console, _ = filepath.Rel(p.Results, m.Console)
		began = time.Now()
		err = do(s, &cell)
		cell.Durations.Run = time.Since(began).Seconds()
		done()
	}
	if err != nil {
		cell.Verdict, cell.Reason = verdict.Infra, err.Error()
		if ctx.Err() != nil {
			cell.Reason = "interrupted"
		}
		var crash *vms.Crash
		if errors.As(err, &crash) {
			cell.Splat = crash.Splat
		}
	}
	cell.Attempts = []verdict.Attempt{{Verdict: cell.Verdict, Reason: cell.Reason, Where: cell.Where, Console: cell.Console, Durations: cell.Durations}}
	return cell
}

func (p Place) start(ctx context.Context) (*session.Session, func(), error) {
	dir := filepath.Join(p.Results, p.Dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, err
	}
	return session.Start(ctx, p.Provider, vms.Spec{Kernel: p.Kernel, Agent: p.Agent, Memory: p.Memory, CPUs: p.CPUs, Dir: dir, Cold: p.Cold, Rootfs: p.Userland})
}

// Note writes an outcome into a record, as its verdict and its reason.
func (o Outcome) Note(cell *verdict.Cell) {
	cell.Verdict, cell.Reason = o.verdict(), ""
	if !o.OK() {
		cell.Reason = o.String()
	}
	if o.Crash != nil {
		cell.Splat = o.Crash.Splat
	}
}

func (o Outcome) verdict() verdict.Verdict {
	switch {
	case o.TimedOut:
		return verdict.Timeout
	case o.OK():
		return verdict.Pass
	}
	return verdict.Fail
}
