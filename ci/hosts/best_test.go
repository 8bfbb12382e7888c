package main

import (
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

func TestBest(t *testing.T) {
	run := func(old, latest float64) verdict.Result {
		cell := func(kernel string, start float64) verdict.Cell {
			return verdict.Cell{Kernel: verdict.Kernel{Selector: kernel}, Durations: verdict.Durations{Start: start}}
		}
		return verdict.Result{Cells: []verdict.Cell{cell("5.10", old), cell("latest", latest)}}
	}
	b := best{}
	b.keepStarts(run(1, 8))
	b.keepStarts(run(3, 2))
	if b["5.10"] != 1 || b["latest"] != 2 || b.mean() != 1.5 {
		t.Errorf("%v, mean %v, want the least of each kernel", b, b.mean())
	}
}
