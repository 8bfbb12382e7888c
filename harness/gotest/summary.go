package gotest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Summary writes how many tests passed on each kernel, and the figures of benchmarks
// side by side.
func Summary(w io.Writer, kernels []string, cells []verdict.Cell) error {
	var b bytes.Buffer
	lost := map[string]int{}
	by := map[string][]verdict.Cell{}
	for _, c := range cells {
		k := c.Kernel.Selector
		by[k] = append(by[k], c)
		if c.Verdict == verdict.Infra {
			lost[k]++
		}
	}
	fmt.Fprintf(&b, "\n%-12s %8s %8s %8s", "kernel", "passed", "failed", "skipped")
	if len(lost) > 0 {
		fmt.Fprintf(&b, " %8s", "infra")
	}
	for _, k := range kernels {
		n := CountCells(by[k])
		fmt.Fprintf(&b, "\n%-12s %8d %8d %8d", k, n.Passed, n.Failed, n.Skipped)
		if len(lost) > 0 {
			fmt.Fprintf(&b, " %8d", lost[k])
		}
	}
	b.WriteByte('\n')
	benchmarks(&b, kernels, cells)
	_, err := w.Write(b.Bytes())
	return err
}

// measure is one figure of one benchmark.
type measure struct{ name, unit string }

// benchmarks writes the figures of benchmarks, a column a kernel.
func benchmarks(b *bytes.Buffer, kernels []string, cells []verdict.Cell) {
	var order []measure
	values := map[measure]map[string]float64{}
	for _, c := range cells {
		for _, s := range c.Steps {
			for _, unit := range slices.Sorted(maps.Keys(s.Metrics)) {
				m := measure{c.Lab + " " + s.Name, unit}
				if values[m] == nil {
					values[m] = map[string]float64{}
					order = append(order, m)
				}
				values[m][c.Kernel.Selector] = s.Metrics[unit]
			}
		}
	}
	if len(order) == 0 {
		return
	}
	b.WriteByte('\n')
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "benchmark\tunit\t%s\n", strings.Join(kernels, "\t"))
	for _, m := range order {
		fmt.Fprintf(table, "%s\t%s", m.name, m.unit)
		for _, k := range kernels {
			value := "-"
			if v, ok := values[m][k]; ok {
				value = strconv.FormatFloat(v, 'g', -1, 64)
			}
			fmt.Fprintf(table, "\t%s", value)
		}
		fmt.Fprintln(table)
	}
	table.Flush()
}
