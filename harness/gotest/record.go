package gotest

import (
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
)

// record collects the tests and benchmarks of one package on one kernel.
type record struct {
	steps []verdict.Step
	index map[string]int // the latest step of a test
	logs  map[string]*strings.Builder
	runs  map[string]int
	ended map[int]bool // steps, by index

	benchmark string // that began last
	line      string // of output, as far as it has come
}

func newRecord() *record {
	return &record{index: map[string]int{}, logs: map[string]*strings.Builder{}, runs: map[string]int{}, ended: map[int]bool{}}
}

// step returns the step of an event's test. A test that begins again, as with -count, is
// another step.
func (r *record) step(e Event) *verdict.Step {
	i, known := r.index[e.Test]
	if known && !(e.Action == "run" && r.ended[i]) {
		return &r.steps[i]
	}
	step := verdict.Step{Name: r.name(e.Test), Expected: "the test passes"}
	if isBenchmark(e.Test) {
		r.benchmark, step.Expected = e.Test, "the benchmark ends"
	}
	r.index[e.Test], r.logs[e.Test] = len(r.steps), &strings.Builder{}
	r.steps = append(r.steps, step)
	return &r.steps[len(r.steps)-1]
}

// name returns a name for one more step of a test.
func (r *record) name(test string) string {
	if r.runs[test]++; r.runs[test] > 1 {
		return fmt.Sprintf("%s (run %d)", test, r.runs[test])
	}
	return test
}

// longestLog is what is kept of a test's output, in bytes.
const longestLog = 64 << 10

func (r *record) take(e Event) {
	if e.Test != "" {
		r.test(e)
	}
	if e.Action == "output" && r.benchmark != "" {
		r.output(e.Output)
	}
}

// test takes an event of a test.
func (r *record) test(e Event) {
	step := r.step(e)
	switch e.Action {
	case "output":
		if log := r.logs[e.Test]; log != nil && log.Len() < longestLog {
			log.WriteString(e.Output)
		}
		return
	case "pass":
		step.Verdict, step.Seen = verdict.Pass, "passed"
	case "fail":
		step.Verdict, step.Seen = verdict.Fail, "failed"
	case "skip":
		step.Verdict, step.Seen = verdict.Unsupported, "skipped: "+lastOutput(r.printed(e.Test))
	default:
		return
	}
	r.ended[r.index[e.Test]] = true
	if e.Elapsed != nil {
		step.Seconds = *e.Elapsed
	}
	if step.Verdict == verdict.Fail {
		step.Log = r.printed(e.Test)
	}
	delete(r.logs, e.Test)
}

// output finds the figures of benchmarks: no event says that one has passed, and with
// several processors or rounds they belong to no test.
func (r *record) output(text string) {
	if r.line += text; len(r.line) > longestLog {
		r.line = ""
	}
	for {
		line, rest, whole := strings.Cut(r.line, "\n")
		if !whole {
			return
		}
		r.line = rest
		if f, ok := parseFigures(line); ok {
			r.measured(f, line)
		}
	}
}

// measured writes figures into the benchmark's step, or into another one where that
// already has some. A line that does not name a benchmark that has begun is plain output.
func (r *record) measured(f figures, line string) {
	test := f.name
	if _, known := r.index[test]; !known {
		test = processors.ReplaceAllString(test, "")
	}
	i, known := r.index[test]
	if !known || !isBenchmark(test) {
		return
	}
	name := f.name
	if r.ended[i] {
		i = len(r.steps)
		r.steps = append(r.steps, verdict.Step{Expected: "the benchmark ends"})
		name = r.name(f.name)
	} else if name != test {
		r.runs[name]++
	}
	step := &r.steps[i]
	step.Name, step.Verdict, step.Metrics, step.Log = name, verdict.Pass, f.metrics, strings.TrimSpace(line)
	step.Seen = fmt.Sprintf("%s (%d rounds)", f.text, f.rounds)
	if ns := f.metrics["ns/op"]; ns > 0 {
		step.Seconds = ns * float64(f.rounds) / 1e9
	}
	r.ended[i] = true
	delete(r.logs, test)
}

// printed returns the output of a test that has not ended.
func (r *record) printed(test string) string {
	if log := r.logs[test]; log != nil {
		return log.String()
	}
	return ""
}

// close ends what has not ended: tests that ran when the binary died. A binary that has
// finished has ended its benchmarks, of which no event says so, and those with
// sub-benchmarks have no figures of their own.
func (r *record) close(why string, finished bool) []verdict.Step {
	test := map[int]string{}
	for name, i := range r.index {
		test[i] = name
	}
	kept := []verdict.Step{}
	for i, step := range r.steps {
		name := test[i]
		over := isBenchmark(name) && (finished || topLevel(name) != topLevel(r.benchmark))
		switch {
		case r.ended[i]:
		case over && r.divided(name):
			continue
		case over:
			step.Verdict, step.Seen = verdict.Pass, "ended without figures"
		default:
			step.Verdict, step.Seen, step.Log = verdict.Fail, "did not end: "+why, r.printed(name)
		}
		kept = append(kept, step)
	}
	return kept
}

// divided reports whether a test has tests of its own.
func (r *record) divided(test string) bool {
	for name := range r.index {
		if strings.HasPrefix(name, test+"/") {
			return true
		}
	}
	return false
}

// lastOutput returns the last line that a test printed before it was skipped.
func lastOutput(log string) string {
	said := ""
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = line
		}
	}
	return said
}
