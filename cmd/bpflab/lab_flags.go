package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// labFlags are the flags of the verbs that run labs.
type labFlags struct {
	machineFlags
	reportFlags
	onFail  failureShell
	starter bool
	runTime bool
	printer func(io.Writer) report.Printer // nil: the usual one
}

// execute runs the cells, shows them as they go, and writes the results.
func (f *labFlags) execute(ctx context.Context, std streams, cells []plan.Cell, provider vms.Provider, caps vms.Caps, lib *library) (verdict.Result, error) {
	dir, err := resultDir(f.dir)
	if err != nil {
		return verdict.Result{}, err
	}
	pool, err := f.pool(std, provider, caps, dir)
	if err != nil {
		return verdict.Result{}, err
	}
	cache, err := store.DefaultRoot()
	if err != nil {
		return verdict.Result{}, err
	}
	out := std.beside(f.names()...)
	printer := f.printerOn(std, out, cells)
	began := time.Now()
	done := run.Run(ctx, cells, run.Options{
		Pool:    pool,
		Builder: build.New(compiler(cache)),
		Tree:    lib.tree,
		Starter: f.starter,
		Times:   f.runTime,
		OnEvent: printer.Event,
		OnFail:  f.onFail.step(),
	})
	for i := range done {
		done[i].LabFile = lib.files[cells[i].Lab]
	}
	result := verdict.Result{Schema: verdict.Schema, Tool: version, Started: began.UTC(), Starter: f.starter,
		Provider: f.provider.name, Target: f.provider.target,
		Seconds: time.Since(began).Seconds(), Command: os.Args, Cells: done}
	return result, errors.Join(printer.Close(result), f.write(std, dir, result))
}

// printerOn returns the printer that shows the cells on out.
func (f *labFlags) printerOn(std streams, out io.Writer, cells []plan.Cell) report.Printer {
	if f.printer != nil {
		return f.printer(out)
	}
	std.onFailure = f.onFail.wanted
	return std.printer(out, planned(cells))
}

func planned(cells []plan.Cell) []report.Planned {
	var out []report.Planned
	for _, c := range cells {
		out = append(out, report.Planned{Lab: c.Lab.Name, Kernel: c.Kernel.Series})
	}
	return out
}
