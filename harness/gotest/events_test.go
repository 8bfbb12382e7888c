package gotest

import (
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

func events(r *record, all ...[3]string) {
	for _, e := range all {
		r.take(Event{Action: e[0], Test: e[1], Output: e[2]})
	}
}

func TestRecord(t *testing.T) {
	r := newRecord()
	events(r, [3]string{"start"}, [3]string{"run", "TestA"}, [3]string{"output", "TestA", "why\n"}, [3]string{"fail", "TestA"},
		[3]string{"run", "TestB"}, [3]string{"output", "TestB", "=== RUN\n"}, [3]string{"output", "TestB", "  b_test.go:1: not here\n"}, [3]string{"skip", "TestB"},
		[3]string{"run", "TestA"}, [3]string{"pass", "TestA"}, [3]string{"run", "TestA"}, [3]string{"output", "TestA", "half"})
	steps := r.close("the machine died", false)
	want := []verdict.Step{
		{Name: "TestA", Verdict: verdict.Fail, Seen: "failed", Log: "why\n"},
		{Name: "TestB", Verdict: verdict.Unsupported, Seen: "skipped: b_test.go:1: not here"},
		{Name: "TestA (run 2)", Verdict: verdict.Pass, Seen: "passed"},
		{Name: "TestA (run 3)", Verdict: verdict.Fail, Seen: "did not end: the machine died", Log: "half"},
	}
	if len(steps) != len(want) {
		t.Fatalf("%d steps: %+v", len(steps), steps)
	}
	for i, s := range steps {
		if w := want[i]; s.Name != w.Name || s.Verdict != w.Verdict || s.Seen != w.Seen || s.Log != w.Log {
			t.Errorf("%+v, want %+v", s, w)
		}
	}
	if n := Count(steps); n != (Counts{Passed: 1, Failed: 2, Skipped: 1}) {
		t.Errorf("%+v", n)
	}
}

// What a machine sends is not trusted: no sequence of events is too odd.
func FuzzRecord(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, order []byte) {
		actions := []string{"run", "output", "pass", "fail", "skip", "pause", "cont", "start", ""}
		tests := []string{"", "TestA", "TestA/b", "TestA (run 2)"}
		r := newRecord()
		for _, b := range order {
			r.take(Event{Action: actions[int(b)%len(actions)], Test: tests[int(b/16)%len(tests)], Output: "x"})
		}
		for _, s := range r.close("end", len(order)%2 == 0) {
			if s.Verdict == "" {
				t.Errorf("%s has no verdict", s.Name)
			}
		}
	})
}
