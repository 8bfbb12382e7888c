package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
)

// attempt runs a cell in one machine and writes into out what came of it.
func (r *runner) attempt(ctx context.Context, cell plan.Cell, seat *seat, objects objects, n int, out *verdict.Cell) {
	out.Durations = verdict.Durations{Wait: out.Durations.Wait, Build: out.Durations.Build}
	out.Steps, out.Splat, out.Where = []verdict.Step{}, "", ""
	r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseStart, Attempt: n})
	began := time.Now()
	s, done, err := r.open(ctx, cell, seat, n, out)
	out.Durations.Start = since(began)
	if err != nil {
		out.Verdict, out.Reason, out.Splat = verdict.Infra, reason(ctx, err), splat(err)
		return
	}
	defer done()
	out.Kernel.Release, out.BootID = s.Ready.Release, s.Ready.BootID
	res := s.Run(ctx, session.Job{Lab: cell.Lab, Kernel: cell.Kernel, Objects: objects.bytes,
		OnStep: func(name string) {
			r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseStep, Step: name, Attempt: n})
		},
		OnSend: func(sent, size int64) {
			r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseSend, Sent: sent, Size: size, Attempt: n})
		},
		OnJudged: func(step verdict.Step) error {
			if r.OnFail == nil || step.Verdict == verdict.Pass {
				return nil
			}
			return r.OnFail(ctx, s, cell, step)
		}})
	out.Verdict, out.Reason, out.Splat = res.Verdict, res.Reason, res.Splat
	out.Steps = append(out.Steps, res.Steps...)
	out.Durations.Load, out.Durations.Run = res.Load, res.Run
}

// open starts the cell's machine and its session; done ends both. A fork that
// does not answer is not the lab's matter: its template is dropped, and a
// machine is booted in its place.
func (r *runner) open(ctx context.Context, cell plan.Cell, seat *seat, n int, out *verdict.Cell) (s *session.Session, done func(), err error) {
	for cold := r.Cold; ; cold = true {
		machine, err := r.start(ctx, cell, n, cold)
		if err != nil {
			var failed *vms.StartError
			if errors.As(err, &failed) {
				out.Where = failed.Where
			}
			if failed != nil && failed.Console != "" {
				out.Console, _ = filepath.Rel(r.Dir, failed.Console)
			}
			return nil, nil, err
		}
		letGo := seat.watch(machine)
		info := machine.Info()
		out.Warnings = append(out.Warnings, info.Notes...)
		out.StartKind, out.Where = info.StartKind, info.Where
		out.Console, _ = filepath.Rel(r.Dir, info.Console)
		s, err := session.Open(ctx, machine)
		if err == nil {
			return s, func() { s.Close(); letGo(); remove(machine, out) }, nil
		}
		letGo()
		remove(machine, out)
		if out.StartKind != "fork" || ctx.Err() != nil {
			return nil, nil, err
		}
		vms.Reject(machine)
		out.Warnings = append(out.Warnings, fmt.Sprintf("a fork did not answer (%v): its template is dropped, and a machine was booted instead", err))
	}
}

// remove closes the machine. What is left of one on a server that does not
// answer is no matter of the cell's verdict.
func remove(machine vms.Machine, out *verdict.Cell) {
	if err := machine.Close(); err != nil {
		out.Warnings = append(out.Warnings, err.Error())
	}
}

// cellDir is a name that every file system and every store of artifacts takes, which
// "local:mine" and "6.1/generic" are not.
func cellDir(cell plan.Cell) string {
	series := strings.NewReplacer(":", "-", "/", "-").Replace(cell.Kernel.Series)
	return fmt.Sprintf("%03d-%s-%s", cell.Index, cell.Lab.Name, series)
}

func (r *runner) start(ctx context.Context, cell plan.Cell, n int, cold bool) (vms.Machine, error) {
	dir := filepath.Join(r.Dir, "cells", cellDir(cell), fmt.Sprintf("attempt-%d", n))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return r.Provider.Start(ctx, vms.Spec{
		Kernel:  cell.Kernel,
		Agent:   r.Agent,
		Memory:  cell.Memory,
		CPUs:    cell.CPUs,
		Modules: cell.Lab.Modules,
		LSM:     cell.Lab.LSM,
		Dir:     dir,
		Cold:    cold,
	})
}

func reason(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return interrupted
	}
	return err.Error()
}

func splat(err error) string {
	var crash *vms.Crash
	if errors.As(err, &crash) {
		return crash.Splat
	}
	return ""
}
