package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
)

// attempt runs a cell in one machine and writes into out what came of it.
func (r *runner) attempt(ctx context.Context, cell plan.Cell, seat *seat, objects objects, n int, out *verdict.Cell) {
	out.Durations = verdict.Durations{Wait: out.Durations.Wait, Build: out.Durations.Build}
	out.Steps, out.Splat = []verdict.Step{}, ""
	r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseStart, Attempt: n})
	began := time.Now()
	machine, err := r.start(ctx, cell, n)
	if err != nil {
		out.Verdict, out.Reason = verdict.Infra, reason(ctx, err)
		out.Durations.Start = since(began)
		return
	}
	defer machine.Close()
	defer seat.watch(machine)()
	out.Warnings = append(out.Warnings, machine.Notes()...)
	out.StartKind = machine.StartKind()
	out.Console, _ = filepath.Rel(r.Dir, machine.Console())
	s, err := session.Open(ctx, machine)
	out.Durations.Start = since(began)
	if err != nil {
		out.Verdict, out.Reason, out.Splat = verdict.Infra, reason(ctx, err), splat(err)
		return
	}
	defer s.Close()
	out.Kernel.Release, out.BootID = s.Ready.Release, s.Ready.BootID
	res := s.Run(ctx, session.Job{Lab: cell.Lab, Kernel: cell.Kernel, Objects: objects.bytes, OnStep: func(name string) {
		r.event(verdict.Event{Index: cell.Index, Phase: verdict.PhaseStep, Step: name, Attempt: n})
	}})
	out.Verdict, out.Reason, out.Splat = res.Verdict, res.Reason, res.Splat
	out.Steps = append(out.Steps, res.Steps...)
	out.Durations.Load, out.Durations.Run = res.Load, res.Run
}

func (r *runner) start(ctx context.Context, cell plan.Cell, n int) (vms.Machine, error) {
	dir := filepath.Join(r.Dir, "cells", fmt.Sprintf("%03d-%s-%s", cell.Index, cell.Lab.Name, cell.Kernel.Series), fmt.Sprintf("attempt-%d", n))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return r.Provider.Start(ctx, vms.Spec{
		Kernel:  cell.Kernel,
		Agent:   r.Agent,
		Memory:  cell.Memory,
		CPUs:    cell.CPUs,
		Modules: cell.Lab.Modules,
		Dir:     dir,
		Cold:    r.Cold,
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
