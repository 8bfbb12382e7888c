package report

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/bpflab/bpflab/harness/verdict"
)

// table writes cells as lines whose columns stand below each other.
type table struct {
	cells  []Planned
	lab    int // width of the first column
	kernel int // width of the second
	palette
}

// releaseWidth is room for " (5.10.0-38-cloud-amd64)", known only afterwards.
const releaseWidth = len(" (5.10.0-38-cloud-amd64)")

func newTable(cells []Planned, colours palette) table {
	t := table{cells: cells, palette: colours}
	for _, cell := range cells {
		t.lab = max(t.lab, ansi.StringWidth(cleanLine(cell.Lab)))
		t.kernel = max(t.kernel, ansi.StringWidth(cleanLine(cell.Kernel))+releaseWidth)
	}
	return t
}

// line returns one ended cell, as in
//
//	hello  5.10 (5.10.0-38-cloud-amd64)  pass  4.1s
func (t table) line(index int, cell verdict.Cell) string {
	lab, kernel := t.names(index, cell)
	line := fmt.Sprintf("%s  %s  %s  %s", pad(lab, t.lab), pad(kernel, t.kernel),
		t.word(cell.Verdict, cell.PassedLate()), seconds(busy(cell.Durations)))
	if cell.Verdict != verdict.Pass && cell.Reason != "" {
		line += "  " + firstLine(cell.Reason)
	}
	if remarks := remarks(cell); remarks != "" {
		line += "  " + t.dim(remarks)
	}
	return line
}

// remarks returns where a cell ran, if not on this host, on which attempt it
// ended, if not on the first, and whether it is of an earlier run.
func remarks(cell verdict.Cell) string {
	text := on(cell.Where)
	if cell.Earlier {
		text += " as before"
	}
	if n := len(cell.Attempts); n > 1 {
		text += fmt.Sprintf(" at attempt %d", n)
	}
	if text == "" {
		return ""
	}
	return "(" + strings.TrimSpace(text) + ")"
}

// names returns a cell's lab and kernel: the kernel as it was planned, and the
// release that answered.
func (t table) names(index int, cell verdict.Cell) (lab, kernel string) {
	lab, kernel = cell.Lab, cell.Kernel.Selector
	if index >= 0 && index < len(t.cells) {
		lab, kernel = t.cells[index].Lab, t.cells[index].Kernel
	}
	if release := cell.Kernel.Release; release != "" {
		kernel = fmt.Sprintf("%s (%s)", kernel, release)
	}
	return cleanLine(lab), cleanLine(kernel)
}

// busy returns how long a cell ran, without its wait for a slot, in seconds.
func busy(d verdict.Durations) float64 { return d.Total() - d.Wait }

func seconds(s float64) string { return fmt.Sprintf("%.1fs", s) }

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
}

// closing counts the verdicts, as in "4 passed, 1 failed in 12.3s". A pass that
// is flaky counts as flaky alone.
func (t table) closing(result verdict.Result) string {
	counts := map[string]int{}
	for i, flaky := range verdict.Flaky(result.Cells) {
		counts[word(result.Cells[i].Verdict, flaky)]++
	}
	parts := []string{fmt.Sprintf("%d passed", counts[string(verdict.Pass)])}
	for _, kind := range endings {
		if n := counts[string(kind.verdict)]; n > 0 {
			parts = append(parts, t.verdict(kind.verdict, fmt.Sprintf("%d %s", n, kind.word)))
		}
	}
	return strings.Join(parts, ", ") + " in " + seconds(result.Seconds)
}

var endings = []struct {
	verdict verdict.Verdict
	word    string
}{
	{flakyWord, "flaky"},
	{verdict.Fail, "failed"},
	{verdict.Timeout, "timed out"},
	{verdict.Infra, "infra"},
	{verdict.Unsupported, "unsupported"},
}
