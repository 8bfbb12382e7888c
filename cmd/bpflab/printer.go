package main

import (
	"io"

	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
)

// printer returns what shows cells on out as they go: on a terminal a table, elsewhere lines,
// and with --quiet nothing before the end.
func (s streams) printer(out io.Writer, cells []report.Planned) report.Printer {
	if s.quiet {
		return quietPrinter{report.Lines(out, cells)}
	}
	return report.New(out, cells, isLive(out) && !s.onFailure)
}

// quietPrinter shows what failed, and how many cells there were, at the end.
type quietPrinter struct{ report.Printer }

// Event shows nothing.
func (quietPrinter) Event(verdict.Event) {}
