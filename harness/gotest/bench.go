package gotest

import (
	"regexp"
	"strconv"
	"strings"
)

// figures are the content of one line of a benchmark: its name, how often it ran, and its
// metrics by unit, such as "ns/op", "B/op", or one of b.ReportMetric.
type figures struct {
	name    string
	rounds  int
	metrics map[string]float64
	text    string // "60.2 ns/op, 42 maps/op", in the line's order
}

var benchmarkLine = regexp.MustCompile(`^(Benchmark\S*)\s+(\d+)\s+(\S.*)$`)

// parseFigures reads a benchmark's line, and reports whether it is one.
func parseFigures(line string) (f figures, ok bool) {
	m := benchmarkLine.FindStringSubmatch(strings.TrimSpace(line))
	if m == nil {
		return f, false
	}
	fields := strings.Fields(m[3])
	if len(fields)%2 != 0 {
		return f, false
	}
	rounds, err := strconv.Atoi(m[2])
	if err != nil {
		return f, false
	}
	f = figures{name: m[1], rounds: rounds, metrics: map[string]float64{}}
	var all []string
	for i := 0; i < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil || value-value != 0 { // JSON has no infinities
			return f, false
		}
		f.metrics[fields[i+1]] = value
		all = append(all, fields[i]+" "+fields[i+1])
	}
	f.text = strings.Join(all, ", ")
	return f, true
}

var processors = regexp.MustCompile(`-\d+$`)

// isBenchmark reports whether a test's name is that of a benchmark.
func isBenchmark(name string) bool { return strings.HasPrefix(name, "Benchmark") }

// topLevel returns the name of a sub-benchmark's top-level benchmark.
func topLevel(name string) string {
	top, _, _ := strings.Cut(name, "/")
	return top
}
