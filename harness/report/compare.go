package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Comparison is the difference between two runs: labs on kernels whose verdict changed,
// and those that take much more or less time.
type Comparison struct {
	Since   time.Time // when the earlier run was started
	Changes []Change
	Speeds  []Speed
}

// Change is a lab on a kernel whose verdict has changed.
type Change struct {
	Lab, Kernel string
	Kind        string // fixed, broken, changed, new or gone
	Old, New    string // a verdict or "flaky"; "" where it did not run
	Reason      string
	releases    string // "6.1.0-55 → 6.1.0-56" where the kernel is another one
}

// Speed is a lab on a kernel with the same verdict, whose run takes more than twice or
// less than half the time it took before.
type Speed struct {
	Lab, Kernel string
	Old, New    float64 // seconds; of repeated runs the median
}

// leastDifference is the smallest difference between two times that is reported, in seconds.
const leastDifference = 0.1

// Compare returns what has changed for the labs and kernels of an earlier run. A kernel
// is the same if it has the same selector.
func Compare(old, now verdict.Result) Comparison {
	out := Comparison{Since: old.Started}
	before, after := outcomes(old), outcomes(now)
	for _, o := range after {
		was, ok := find(before, o)
		if !ok {
			was = outcome{lab: o.lab, kernel: o.kernel}
		}
		out.add(was, o)
	}
	for _, o := range before {
		if _, ok := find(after, o); !ok {
			out.add(o, outcome{lab: o.lab, kernel: o.kernel})
		}
	}
	return out
}

// outcome is a lab on a kernel, in a comparison.
type outcome struct {
	lab, kernel, release string
	word, reason         string
	run                  float64
}

func outcomes(result verdict.Result) []outcome {
	m := newMatrix(result.Cells)
	var out []outcome
	for _, p := range m.pairs {
		kernel := m.kernels[p.column]
		out = append(out, outcome{lab: p.lab, kernel: kernel.name, release: kernel.example.Kernel.Release,
			word: p.word(), reason: p.reason(), run: p.median()})
	}
	return out
}

func find(all []outcome, o outcome) (outcome, bool) {
	i := slices.IndexFunc(all, func(other outcome) bool { return other.lab == o.lab && other.kernel == o.kernel })
	if i < 0 {
		return outcome{}, false
	}
	return all[i], true
}

// median returns the median time of the runs, in seconds.
func (p pair) median() float64 {
	var all []float64
	for _, r := range p.runs {
		all = append(all, r.Durations.Run)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (c *Comparison) add(was, is outcome) {
	if kind := kindOf(was.word, is.word); kind != "" {
		change := Change{Lab: is.lab, Kernel: is.kernel, Kind: kind, Old: was.word, New: is.word, Reason: is.reason}
		if was.release != is.release && was.release != "" && is.release != "" {
			change.releases = was.release + " → " + is.release
		}
		c.Changes = append(c.Changes, change)
	}
	ratio := max(was.run, is.run) / min(was.run, is.run)
	if was.word == is.word && ratio > 2 && math.Abs(was.run-is.run) >= leastDifference {
		c.Speeds = append(c.Speeds, Speed{is.lab, is.kernel, was.run, is.run})
	}
}

// kindOf names a change of verdicts; "" is none.
func kindOf(old, now string) string {
	good := func(word string) bool { return word == string(verdict.Pass) || word == string(verdict.Unsupported) }
	switch {
	case old == now:
		return ""
	case old == "":
		return "new"
	case now == "":
		return "gone"
	case good(old) && !good(now):
		return "broken"
	case !good(old) && good(now):
		return "fixed"
	}
	return "changed"
}

// Title summarises the comparison in a line.
func (c Comparison) Title() string {
	since := "since an earlier run"
	if !c.Since.IsZero() {
		since = "since the run of " + c.Since.UTC().Format("2006-01-02 15:04 UTC")
	}
	var parts []string
	for _, kind := range []string{"broken", "fixed", "changed", "new", "gone"} {
		n := 0
		for _, change := range c.Changes {
			if change.Kind == kind {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind))
		}
	}
	if n := len(c.Speeds); n > 0 {
		parts = append(parts, fmt.Sprintf("%d at another pace", n))
	}
	if len(parts) == 0 {
		return "Nothing changed " + since
	}
	return strings.Join(parts, ", ") + " " + since
}

// description describes a change in a cell of a table.
func (c Change) description() string {
	switch c.Kind {
	case "new":
		return c.New
	case "gone":
		return "was " + c.Old
	}
	return c.Old + " → " + c.New
}

// note returns the reason of a change, with the kernels if they are not the same.
func (c Change) note() string {
	if c.releases != "" && c.Reason != "" {
		return cleanLine(c.Reason + " (" + c.releases + ")")
	}
	return cleanLine(c.Reason + c.releases)
}

// kind returns "slower" or "faster".
func (s Speed) kind() string {
	if s.New > s.Old {
		return "slower"
	}
	return "faster"
}

// description describes the change, as in "0.8s → 2.4s".
func (s Speed) description() string { return preciseSeconds(s.Old) + " → " + preciseSeconds(s.New) }

// factor returns the ratio of the two times, as in "3.0 times".
func (s Speed) factor() string {
	if least := min(s.Old, s.New); least > 0 {
		return fmt.Sprintf("%.1f times", max(s.Old, s.New)/least)
	}
	return ""
}

// Markdown writes the comparison as a section with a table.
func (c Comparison) Markdown(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "# %s\n\n", c.Title())
	if len(c.Changes)+len(c.Speeds) > 0 {
		out.WriteString("| | Lab | Kernel | | |\n|---|---|---|---|---|\n")
	}
	for _, row := range c.rows() {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", row.Kind, markdownText(row.Lab), markdownText(row.Kernel), row.What, markdownText(row.Note))
	}
	out.WriteString("\n")
	_, err := io.WriteString(w, out.String())
	return err
}

// comparisonRow is a change of any kind, in a table.
type comparisonRow struct{ Kind, Lab, Kernel, What, Note string }

func (c Comparison) rows() []comparisonRow {
	var out []comparisonRow
	for _, change := range c.Changes {
		out = append(out, comparisonRow{change.Kind, cleanLine(change.Lab), cleanLine(change.Kernel), change.description(), change.note()})
	}
	for _, speed := range c.Speeds {
		out = append(out, comparisonRow{speed.kind(), cleanLine(speed.Lab), cleanLine(speed.Kernel), speed.description(), speed.factor()})
	}
	return out
}
