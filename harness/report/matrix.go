package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
)

// matrix is a result as labs by kernels, in the order they were run.
type matrix struct {
	labs    []string
	kernels []kernelColumn
	pairs   []pair // in the order of their first runs
}

// kernelColumn is a kernel under a name that no other kernel of the run has.
type kernelColumn struct {
	name    string
	example verdict.Cell // one of its cells, with a release if any has one
}

// pair is a lab on a kernel, with all of its runs.
type pair struct {
	lab    string
	column int // of matrix.kernels
	runs   []run
}

// run is a cell and whether it is flaky.
type run struct {
	verdict.Cell
	flaky bool
}

// word returns the verdict, or another word for a pass that is not reliable.
func (r run) word() string { return word(r.Verdict, r.flaky) }

const flakyWord = "flaky"

func word(v verdict.Verdict, flaky bool) string {
	if flaky && v == verdict.Pass {
		return flakyWord
	}
	return string(v)
}

// word returns "flaky" for a pair with a flaky run, else the worst verdict.
func (p pair) word() string {
	worst := p.runs[0].Verdict
	for _, r := range p.runs {
		if r.flaky {
			return flakyWord
		}
		worst = verdict.Worse(worst, r.Verdict)
	}
	return string(worst)
}

// disagree reports whether the runs ended in different verdicts: at least one
// of them is flaky, even without a late pass.
func (p pair) disagree() bool {
	return slices.ContainsFunc(p.runs, func(r run) bool { return r.flaky && !r.PassedLate() })
}

// tally counts the verdicts of the runs, as in "2 pass, 1 fail".
func (p pair) tally() string {
	var order []verdict.Verdict
	counts := map[verdict.Verdict]int{}
	for _, r := range p.runs {
		if counts[r.Verdict]++; counts[r.Verdict] == 1 {
			order = append(order, r.Verdict)
		}
	}
	var parts []string
	for _, v := range order {
		parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
	}
	return strings.Join(parts, ", ")
}

func newMatrix(cells []verdict.Cell) matrix {
	var m matrix
	flaky := verdict.Flaky(cells)
	labs, columns, pairs := map[string]bool{}, map[verdict.Pair]int{}, map[verdict.Pair]int{}
	for i, cell := range cells {
		if !labs[cell.Lab] {
			labs[cell.Lab] = true
			m.labs = append(m.labs, cell.Lab)
		}
		key := cell.Pair()
		anyLab := key
		anyLab.Lab = ""
		column, ok := columns[anyLab]
		if !ok {
			column = len(m.kernels)
			columns[anyLab] = column
			m.kernels = append(m.kernels, kernelColumn{example: cell})
		}
		if m.kernels[column].example.Kernel.Release == "" {
			m.kernels[column].example = cell
		}
		at, ok := pairs[key]
		if !ok {
			at = len(m.pairs)
			pairs[key] = at
			m.pairs = append(m.pairs, pair{lab: cell.Lab, column: column})
		}
		m.pairs[at].runs = append(m.pairs[at].runs, run{cell, flaky[i]})
	}
	m.nameKernels()
	return m
}

// nameKernels names each kernel by what was asked for; where that meant
// several ("all", a range) by series, then release, then provider, and if all
// else fails by number.
func (m *matrix) nameKernels() {
	for i := range m.kernels {
		m.kernels[i].name = m.kernels[i].example.Kernel.Selector
	}
	for _, better := range []func(verdict.Cell) string{
		func(c verdict.Cell) string { return series(c.Kernel) },
		func(c verdict.Cell) string { return inFull(c.Kernel.Release, c.Kernel) },
		func(c verdict.Cell) string {
			return strings.TrimSpace(inFull(c.Kernel.Release, c.Kernel) + " on " + c.Provider)
		},
	} {
		times := m.names()
		for i := range m.kernels {
			if name := better(m.kernels[i].example); times[m.kernels[i].name] > 1 && name != "" {
				m.kernels[i].name = name
			}
		}
	}
	times := m.names()
	for i := range m.kernels {
		if times[m.kernels[i].name] > 1 {
			m.kernels[i].name += fmt.Sprintf(" (%d)", i+1)
		}
	}
}

func (m *matrix) names() map[string]int {
	times := map[string]int{}
	for _, k := range m.kernels {
		times[k.name]++
	}
	return times
}

var seriesPattern = regexp.MustCompile(`^[0-9]+\.[0-9]+`)

// series returns the first two numbers of a release or of a package's version, with the
// architecture and the variant as selectors have them.
func series(k verdict.Kernel) string {
	found := seriesPattern.FindString(k.Release)
	if found == "" {
		found = seriesPattern.FindString(k.Version)
	}
	return inFull(found, k)
}

// inFull adds to a kernel's name what that does not say of it: architecture and variant.
func inFull(name string, k verdict.Kernel) string {
	name = withArch(name, k)
	if name != "" && k.Variant != "" {
		name += "+" + k.Variant
	}
	return name
}

// withArch adds a kernel's architecture to a name, unless that ends with it.
func withArch(name string, k verdict.Kernel) string {
	if name == "" || k.Arch == "" || strings.HasSuffix(name, k.Arch) || strings.HasSuffix(name, "powerpc64le") {
		return name
	}
	return name + "/" + k.Arch
}
