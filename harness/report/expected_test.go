package report

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// TestExpected looks at the lines on solutions and starters for each verdict.
func TestExpected(t *testing.T) {
	for _, c := range []struct {
		verdict           verdict.Verdict
		solution, starter string
		solves, starts    bool
	}{
		{verdict.Pass, "the solution passes, as it should", "the starter passes, so there is nothing to do", true, false},
		{verdict.Fail, "the solution does not pass: why?", "the starter fails, as it should: why?", false, true},
		{verdict.Timeout, "the solution does not pass: why?", "the starter fails, as it should: why?", false, true},
		{verdict.Infra, "the solution does not pass: why?", "the starter could not be run: why?", false, false},
		{verdict.Unsupported, "not supported: why?", "not supported: why?", true, true},
	} {
		cell := verdict.Cell{Lab: "my-lab", Verdict: c.verdict, Reason: "why?\x1b[2J\nmore"}
		cell.Kernel.Selector = "6.1"
		for what, one := range map[string]struct {
			of    func(verdict.Cell) (string, bool)
			want  string
			right bool
		}{"solution": {Solution, c.solution, c.solves}, "starter": {Starter, c.starter, c.starts}} {
			line, right := one.of(cell)
			if !strings.HasPrefix(line, "my-lab on 6.1: "+one.want) || right != one.right || strings.ContainsAny(line, "\x1b\n") {
				t.Errorf("%s, %s: %q, %v", what, c.verdict, line, right)
			}
		}
	}
}

// TestStarters prints a starter that fails: no word says that anything is wrong.
func TestStarters(t *testing.T) {
	var out strings.Builder
	p := Starters(&out)
	cell := verdict.Cell{Lab: "my-lab", Verdict: verdict.Fail, Reason: "step one: expected a line"}
	p.Event(verdict.Event{Phase: verdict.PhaseStart})
	p.Event(verdict.Event{Phase: verdict.PhaseDone, Cell: &cell})
	if err := p.Close(verdict.Result{Cells: []verdict.Cell{cell}}); err != nil {
		t.Error(err)
	}
	if got := out.String(); got != "my-lab on : the starter fails, as it should: step one: expected a line\n" {
		t.Errorf("%q", got)
	}
	broken := Starters(&brokenWriter{})
	broken.Event(verdict.Event{Phase: verdict.PhaseDone, Cell: &cell})
	if err := broken.Close(verdict.Result{}); err == nil {
		t.Error("an error of writing is lost")
	}
}
