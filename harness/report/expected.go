package report

import (
	"fmt"
	"io"
	"sync"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Solution returns one line on how a lab ended with its solution, which must pass, and
// whether that is as it should be.
func Solution(c verdict.Cell) (line string, right bool) {
	switch c.Verdict {
	case verdict.Pass:
		return expectedLine(c, "the solution passes, as it should"), true
	case verdict.Unsupported:
		return expectedLine(c, "not supported: "+c.Reason), true
	}
	return expectedLine(c, "the solution does not pass: "+c.Reason), false
}

// Starter returns one line on how a lab ended with its starter, which must fail, and
// whether that is as it should be.
func Starter(c verdict.Cell) (line string, right bool) {
	switch c.Verdict {
	case verdict.Pass:
		return expectedLine(c, "the starter passes, so there is nothing to do for a student"), false
	case verdict.Infra:
		return expectedLine(c, "the starter could not be run: "+c.Reason), false
	case verdict.Unsupported:
		return expectedLine(c, "not supported: "+c.Reason), true
	}
	return expectedLine(c, "the starter fails, as it should: "+c.Reason), true
}

func expectedLine(c verdict.Cell, what string) string {
	return firstLine(fmt.Sprintf("%s on %s: %s", c.Lab, c.Kernel.Selector, what))
}

// Starters returns a Printer for labs that are run with their starters: one line for each
// cell when it ends, and nothing more of failures, which are what is expected.
func Starters(w io.Writer) Printer { return &starterPrinter{out: sticky{w: w}} }

type starterPrinter struct {
	mu  sync.Mutex
	out sticky
}

func (p *starterPrinter) Event(e verdict.Event) {
	if e.Phase != verdict.PhaseDone || e.Cell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	line, _ := Starter(*e.Cell)
	p.out.WriteString(line + "\n")
}

func (p *starterPrinter) Close(verdict.Result) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.err
}
