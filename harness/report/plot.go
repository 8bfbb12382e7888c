package report

import (
	"fmt"
	"math"

	"github.com/bpflab/bpflab/harness/verdict"
)

// plot is where the time of a run went: a bar for each cell, from the run's
// start, in the parts of verdict.Durations.
type plot struct {
	Parts []string
	Ticks []string
	Bars  []bars
}

type bars struct {
	Pair  *pagePair
	Name  string
	Title string // the parts in words
	Total string
	Parts []barPart
}

// barPart is a rectangle, in thousandths of the plot's width.
type barPart struct{ Name, X, Width string }

type duration struct {
	name    string
	seconds float64
}

func parts(d verdict.Durations) []duration {
	return []duration{{"wait", d.Wait}, {"start", d.Start}, {"build", d.Build}, {"load", d.Load}, {"run", d.Run}}
}

func newPlot(pairs []*pagePair) plot {
	longest := 0.0
	for _, p := range pairs {
		for _, r := range p.Runs {
			longest = max(longest, total(r.durations))
		}
	}
	var out plot
	for _, part := range parts(verdict.Durations{}) {
		out.Parts = append(out.Parts, part.name)
	}
	for i := range 5 {
		out.Ticks = append(out.Ticks, seconds(longest*float64(i)/4))
	}
	for _, p := range pairs {
		for _, r := range p.Runs {
			out.Bars = append(out.Bars, newBars(p, r, longest))
		}
	}
	return out
}

func newBars(p *pagePair, r pageRun, longest float64) bars {
	out := bars{Pair: p, Name: p.Lab + " on " + p.Kernel, Title: split(r.durations), Total: seconds(total(r.durations))}
	if r.Name != "" {
		out.Name += ", " + r.Name
	}
	at := 0.0
	for _, part := range parts(r.durations) {
		width := 1000 * measured(part.seconds) / longest
		if width > 0 {
			out.Parts = append(out.Parts, barPart{part.name, thousandths(at), thousandths(width)})
			at += width
		}
	}
	return out
}

// total returns the length of a bar.
func total(d verdict.Durations) float64 {
	sum := 0.0
	for _, part := range parts(d) {
		sum += measured(part.seconds)
	}
	return sum
}

// measured returns a duration that can be drawn: a stored one may be any number.
func measured(s float64) float64 {
	if s > 0 && !math.IsInf(s, 0) {
		return min(s, 1e9)
	}
	return 0
}

func thousandths(x float64) string { return fmt.Sprintf("%.1f", x) }
