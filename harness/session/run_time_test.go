package session

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

func ran(name string, runs, nanoseconds uint64) wire.ProgramRuns {
	return wire.ProgramRuns{Name: name, Runs: runs, Nanoseconds: nanoseconds}
}

func TestJudgeRunTime(t *testing.T) {
	want := lab.RunTime{Of: "a_program_of_a_long_name", Against: "base", AtMost: 1.5, Runs: 100}
	for _, tt := range []struct {
		name    string
		seen    []wire.ProgramRuns
		lacking string
		verdict verdict.Verdict
		says    string
	}{
		{"at most", []wire.ProgramRuns{ran("a_program_of_a_long_name", 200, 3000), ran("base", 100, 1000)}, "", verdict.Pass, "1.50 times as long (200 and 100 runs), emulated"},
		{"more", []wire.ProgramRuns{ran("a_program_of_a_long_name", 200, 3200), ran("base", 100, 1000)}, "", verdict.Fail, "1.60 times"},
		{"a name that was cut off", []wire.ProgramRuns{ran("a_program_of_a_", 100, 1000), ran("base", 100, 1000)}, "", verdict.Pass, "1.00 times"},
		{"loaded twice", []wire.ProgramRuns{ran("base", 50, 500), ran("a_program_of_a_", 100, 1500), ran("base", 50, 500)}, "", verdict.Pass, "1.50 times"},
		{"one that was not loaded", []wire.ProgramRuns{ran("base", 100, 1000)}, "", verdict.Fail, "no program a_program_of_a_long_name was loaded"},
		{"too few runs", []wire.ProgramRuns{ran("a_program_of_a_", 100, 1000), ran("base", 99, 1000)}, "", verdict.Fail, "base ran 99 times"},
		{"no time at all", []wire.ProgramRuns{ran("a_program_of_a_", 100, 1000), ran("base", 100, 0)}, "", verdict.Fail, "base took no time"},
		{"an old kernel", nil, lacksRunTimes, verdict.Unsupported, "Linux 5.1"},
		{"a kernel that should", nil, "it should", verdict.Fail, "it should"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := JudgeRunTime(want, runTimes(tt.seen, true), tt.lacking)
			if got.Verdict != tt.verdict || !strings.Contains(got.Seen, tt.says) {
				t.Errorf("%+v, want %s and %q", got, tt.verdict, tt.says)
			}
		})
	}
}

func TestRunTimeLine(t *testing.T) {
	all := runTimes([]wire.ProgramRuns{ran("slow", 10, 400), ran("idle", 0, 0), ran("quick", 20, 400)}, true)
	if line := verdict.RunTimeLine(all); line != "run time, as ratios: idle did not run, quick 1.00 (20 runs), slow 2.00 (10 runs); emulated" {
		t.Error(line)
	}
	if line := verdict.RunTimeLine(nil); line != "" {
		t.Error(line)
	}
}
