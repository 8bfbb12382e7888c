package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// earlierAndLater returns two runs between which something of each kind changed.
func earlierAndLater() (old, now verdict.Result) {
	took := func(cell verdict.Cell, run float64) verdict.Cell {
		cell.Durations.Run = run
		return cell
	}
	was := func(lab string, v verdict.Verdict) verdict.Cell { return cellOf(lab, "6.1", "6.1.0-55", v, "why|not") }
	is := func(lab string, v verdict.Verdict) verdict.Cell { return cellOf(lab, "6.1", "6.1.0-56", v, "why|not") }
	old = verdict.Result{Schema: verdict.Schema, Started: time.Date(2026, 2, 1, 9, 30, 0, 0, time.UTC), Cells: []verdict.Cell{
		took(was("broken", verdict.Pass), 9), was("fixed", verdict.Fail), was("lost", verdict.Unsupported), was("worse", verdict.Fail),
		was("gone", verdict.Pass), was("same", verdict.Pass), was("flaky", verdict.Pass), was("flaky", verdict.Pass),
		took(was("slow", verdict.Pass), 0.5), took(was("fast", verdict.Pass), 2), took(was("tiny", verdict.Pass), 0.01), took(was("zero", verdict.Pass), 0),
	}}
	now = verdict.Result{Schema: verdict.Schema, Started: old.Started.Add(time.Hour), Cells: []verdict.Cell{
		is("broken", verdict.Fail), is("fixed", verdict.Pass), is("lost", verdict.Pass), is("worse", verdict.Timeout),
		is("new", verdict.Pass), is("same", verdict.Pass), is("flaky", verdict.Pass), is("flaky", verdict.Fail),
		took(is("slow", verdict.Pass), 1.5), took(is("fast", verdict.Pass), 0.5), took(is("tiny", verdict.Pass), 0.05), took(is("zero", verdict.Pass), 1),
	}}
	return old, now
}

func TestCompare(t *testing.T) {
	c := Compare(earlierAndLater())
	var got []string
	for _, row := range c.rows() {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", row.Kind, row.Lab, row.What, row.Note)))
	}
	want := []string{
		"broken broken: pass → fail why|not (6.1.0-55 → 6.1.0-56)",
		"fixed fixed: fail → pass why|not (6.1.0-55 → 6.1.0-56)",
		"changed lost: unsupported → pass why|not (6.1.0-55 → 6.1.0-56)",
		"changed worse: fail → timeout why|not (6.1.0-55 → 6.1.0-56)",
		"new new: pass why|not",
		"broken flaky: pass → flaky its runs disagree: 1 pass, 1 fail (6.1.0-55 → 6.1.0-56)",
		"gone gone: was pass",
		"slower slow: 0.50s → 1.50s 3.0 times",
		"faster fast: 2.00s → 0.50s 4.0 times",
		"slower zero: 0.00s → 1.00s",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := "2 broken, 1 fixed, 2 changed, 1 new, 1 gone, 3 at another pace since the run of 2026-02-01 09:30 UTC"; c.Title() != want {
		t.Errorf("the title is %q, want %q", c.Title(), want)
	}
}

func TestCompareWithItself(t *testing.T) {
	for name, result := range map[string]verdict.Result{"everything": everything(), "repeated": repeated(), "nothing": {}} {
		if c := Compare(result, result); len(c.rows()) > 0 || !strings.HasPrefix(c.Title(), "Nothing changed since ") {
			t.Errorf("%s differs from itself: %s", name, c.Title())
		}
	}
}

func TestCompareInMarkdown(t *testing.T) {
	var out strings.Builder
	if err := Compare(earlierAndLater()).Markdown(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare.md", []byte(out.String()))
}

func TestCompareOnPage(t *testing.T) {
	old, now := earlierAndLater()
	old.Cells[4].Lab = atWorst // gone
	c := Compare(old, now)
	var out strings.Builder
	if err := HTML(&out, now, PageOptions{Compare: &c}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{c.Title(), "pass → fail", "0.50s → 1.50s", "3.0 times"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Count(out.String(), "<script") != 1 {
		t.Error("a lab of the earlier run is a script")
	}
}
