package gotest

import (
	"fmt"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/verdict"
)

// Counts are the tests and benchmarks of records: those that passed, failed, and were
// skipped. Tests that have tests of their own are counted too.
type Counts struct{ Passed, Failed, Skipped int }

// Count counts a cell's tests.
func Count(steps []verdict.Step) (n Counts) {
	for _, s := range steps {
		switch s.Verdict {
		case verdict.Pass:
			n.Passed++
		case verdict.Unsupported:
			n.Skipped++
		default:
			n.Failed++
		}
	}
	return n
}

// CountCells counts the tests of many cells.
func CountCells(cells []verdict.Cell) (n Counts) {
	for _, c := range cells {
		m := Count(c.Steps)
		n.Passed, n.Failed, n.Skipped = n.Passed+m.Passed, n.Failed+m.Failed, n.Skipped+m.Skipped
	}
	return n
}

// All returns how many tests there were.
func (n Counts) All() int { return n.Passed + n.Failed + n.Skipped }

func (n Counts) String() string {
	text := fmt.Sprintf("%d passed", n.Passed)
	if n.Failed > 0 {
		text += fmt.Sprintf(", %d failed", n.Failed)
	}
	if n.Skipped > 0 {
		text += fmt.Sprintf(", %d skipped", n.Skipped)
	}
	return text
}

// binaryStep is the step that fails when a test binary fails but none of its tests does:
// in TestMain, or before it.
const binaryStep = "(the test binary)"

// judge derives a cell's verdict and what its counts count from the same record: a cell
// fails if, and only if, one of its steps does.
func judge(cell *verdict.Cell, steps []verdict.Step, outcome command.Outcome) {
	cell.Steps = steps
	outcome.Note(cell)
	n := Count(steps)
	if cell.Verdict != verdict.Pass && n.Failed == 0 {
		cell.Steps = append(cell.Steps, verdict.Step{Name: binaryStep, Verdict: verdict.Fail, Expected: "exit status 0", Seen: cell.Reason})
		return
	}
	if n.Failed == 0 {
		return
	}
	if cell.Verdict == verdict.Pass {
		cell.Verdict = verdict.Fail
	}
	if outcome.Plain() && outcome.OOM == 0 {
		cell.Reason = fmt.Sprintf("%d of %d tests failed", n.Failed, n.All())
	}
}
