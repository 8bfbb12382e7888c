package main

import (
	"fmt"
	"io"

	"github.com/bpflab/bpflab/harness/verdict"
)

// difference is a cell that did not end as it did before.
type difference struct {
	verdict.Cell
	text string
}

// differences returns what differs between the cells of a result and the same cells run again.
func differences(was, now []verdict.Cell) (found []difference) {
	for i, c := range now {
		before := was[i]
		switch {
		case c.Verdict != before.Verdict:
			found = append(found, difference{c, fmt.Sprintf("it was %s, and is %s", before.Verdict, c.Verdict)})
		case c.Object != before.Object && c.Verdict != verdict.Infra:
			found = append(found, difference{c, fmt.Sprintf("its programs were compiled to %s, and now to %s", orNothing(before.Object), orNothing(c.Object))})
		}
	}
	return found
}

func orNothing(digest string) string {
	if digest == "" {
		return "nothing"
	}
	return digest
}

// judge says what differs, and makes an exit code of it. As in a run, what a lab found
// outranks a machine that failed.
func judge(w io.Writer, was, now verdict.Result) error {
	found := differences(was.Cells, now.Cells)
	if len(found) == 0 {
		fmt.Fprintf(w, "the same as before: %d of %d cells\n", len(now.Cells), len(was.Cells))
		return nil
	}
	code := verdict.ExitInfra
	for _, d := range found {
		fmt.Fprintf(w, "%s on %s: %s\n", d.Lab, d.Kernel.Selector, d.text)
		if d.Verdict != verdict.Infra {
			code = verdict.ExitFail
		}
	}
	fmt.Fprintf(w, "not as before: %d of %d cells\n", len(found), len(was.Cells))
	return exitError{code}
}
