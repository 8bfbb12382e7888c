package gotest

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/verdict"
)

// benchmarked returns the events of a binary with -test.cpu 1,2: those of the second round
// name no test, and no event says that a benchmark has passed.
func benchmarked(last ...[3]string) *record {
	r := newRecord()
	events(r, [3]string{"start"},
		[3]string{"run", "BenchmarkOK"}, [3]string{"output", "BenchmarkOK", "=== RUN   BenchmarkOK\n"}, [3]string{"output", "BenchmarkOK", "BenchmarkOK\n"},
		[3]string{"output", "BenchmarkOK", "BenchmarkOK  \t      10\t        60.20 ns/op\t        42.00 maps/op\t       0 B/op\n"},
		[3]string{"output", "", "BenchmarkOK-2  \t      20\t     "}, [3]string{"output", "", "   44.90 ns/op\n"},
		[3]string{"run", "BenchmarkSub"}, [3]string{"run", "BenchmarkSub/x"},
		[3]string{"output", "BenchmarkSub/x", "BenchmarkSub/x  \t      10\t        84.30 ns/op\n"},
		[3]string{"output", "", "BenchmarkForged  \t      10\t        1.0 ns/op\n"},
		[3]string{"run", "BenchmarkSkip"}, [3]string{"output", "BenchmarkSkip", "    a_test.go:6: not here\n"}, [3]string{"skip", "BenchmarkSkip"})
	events(r, last...)
	return r
}

func verdicts(steps []verdict.Step) map[string]verdict.Verdict {
	all := map[string]verdict.Verdict{}
	for _, s := range steps {
		all[s.Name] = s.Verdict
	}
	return all
}

func TestBenchmarks(t *testing.T) {
	measured := map[string]verdict.Verdict{"BenchmarkOK": verdict.Pass, "BenchmarkOK-2": verdict.Pass, "BenchmarkSub/x": verdict.Pass, "BenchmarkSkip": verdict.Unsupported}
	for name, test := range map[string]struct {
		last    [][3]string
		outcome command.Outcome
		more    map[string]verdict.Verdict
		verdict verdict.Verdict
	}{
		"all end": {nil, command.Outcome{}, nil, verdict.Pass},
		"one fails": {[][3]string{{"run", "BenchmarkFail"}, {"fail", "BenchmarkFail"}}, command.Outcome{Exit: 1},
			map[string]verdict.Verdict{"BenchmarkFail": verdict.Fail}, verdict.Fail},
		"one panics": {[][3]string{{"run", "BenchmarkPanic"}, {"output", "BenchmarkPanic", "panic: boo\n"}}, command.Outcome{Exit: 2},
			map[string]verdict.Verdict{"BenchmarkPanic": verdict.Fail}, verdict.Fail},
		"the kernel dies": {[][3]string{{"run", "BenchmarkDies"}}, command.Outcome{Exit: 1, Hang: true},
			map[string]verdict.Verdict{"BenchmarkDies": verdict.Fail}, verdict.Fail},
		"one times out": {[][3]string{{"run", "BenchmarkHangs"}}, command.Outcome{Exit: command.ExitTimeout, TimedOut: true},
			map[string]verdict.Verdict{"BenchmarkHangs": verdict.Fail}, verdict.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			var cell verdict.Cell
			steps := benchmarked(test.last...).close("why", test.outcome.Plain() && test.outcome.Exit <= 1)
			judge(&cell, steps, test.outcome)
			want := maps.Clone(measured)
			maps.Copy(want, test.more)
			if got := verdicts(cell.Steps); !maps.Equal(got, want) || cell.Verdict != test.verdict {
				t.Errorf("%s %v, want %s %v", cell.Verdict, got, test.verdict, want)
			}
			agrees(t, cell)
		})
	}
	first := benchmarked().close("", true)[0]
	if want := map[string]float64{"ns/op": 60.2, "maps/op": 42, "B/op": 0}; !maps.Equal(first.Metrics, want) || first.Seen != "60.20 ns/op, 42.00 maps/op, 0 B/op (10 rounds)" {
		t.Errorf("%v %q", first.Metrics, first.Seen)
	}
}

// agrees holds counts and verdict together: one fails if, and only if, the other does.
func agrees(t *testing.T, cell verdict.Cell) {
	t.Helper()
	failed := Count(cell.Steps).Failed > 0
	code := verdict.Result{Cells: []verdict.Cell{cell}}.Exit()
	if failed != (code != verdict.ExitOK) {
		t.Errorf("%d failed, and exit code %d: %+v", Count(cell.Steps).Failed, code, cell)
	}
}

func TestCountsAndVerdictAgree(t *testing.T) {
	pass, fail := verdict.Step{Name: "TestA", Verdict: verdict.Pass}, verdict.Step{Name: "TestB", Verdict: verdict.Fail}
	for name, test := range map[string]struct {
		steps   []verdict.Step
		outcome command.Outcome
		failed  int
	}{
		"all pass":                    {[]verdict.Step{pass}, command.Outcome{}, 0},
		"no tests":                    {nil, command.Outcome{}, 0},
		"one fails":                   {[]verdict.Step{pass, fail}, command.Outcome{Exit: 1}, 1},
		"one fails and status 0":      {[]verdict.Step{pass, fail}, command.Outcome{}, 1},
		"TestMain fails":              {[]verdict.Step{pass}, command.Outcome{Exit: 3}, 1},
		"it cannot be started":        {nil, command.Outcome{Exit: 127, Error: "not found"}, 1},
		"it hangs after its tests":    {[]verdict.Step{pass}, command.Outcome{Exit: 124, TimedOut: true}, 1},
		"the machine dies before any": {nil, command.Outcome{Exit: 1, Hang: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var cell verdict.Cell
			judge(&cell, test.steps, test.outcome)
			if n := Count(cell.Steps).Failed; n != test.failed {
				t.Errorf("%d failed, want %d: %+v", n, test.failed, cell)
			}
			agrees(t, cell)
		})
	}
}

func TestPrinterShowsFigures(t *testing.T) {
	var out, summary bytes.Buffer
	p := &Printer{W: &out, Kernels: []string{"5.10", "latest"}}
	cells := []verdict.Cell{{Lab: "example.com/p", Kernel: verdict.Kernel{Selector: "5.10"}, Verdict: verdict.Pass, Steps: benchmarked().close("", true)}}
	p.Package("5.10").End(cells[0])
	if err := Summary(&summary, p.Kernels, cells); err != nil {
		t.Fatal(err)
	}
	for text, in := range map[string]string{
		"5.10   | BenchmarkOK-2  \t      20\t        44.90 ns/op\n":   out.String(),
		"5.10   | ok  \texample.com/p\t0.000s\t3 passed, 1 skipped\n": out.String(),
		"5.10                3        0        1\n":                   summary.String(),
		"example.com/p BenchmarkOK     maps/op  42    -\n":            summary.String(),
		"example.com/p BenchmarkSub/x  ns/op    84.3  -\n":            summary.String(),
		"benchmark                     unit     5.10  latest\n":       summary.String(),
	} {
		if !strings.Contains(in, text) {
			t.Errorf("no %q in\n%s", text, in)
		}
	}
}

func TestParseFigures(t *testing.T) {
	for _, line := range []string{"", "BenchmarkX", "BenchmarkX 1", "BenchmarkX 1 2", "BenchmarkX n 2 ns/op", "BenchmarkX 1 NaN ns/op", "BenchmarkX 1 +Inf ns/op", "TestX 1 2 ns/op"} {
		if f, ok := parseFigures(line); ok {
			t.Errorf("%q: %+v", line, f)
		}
	}
}
