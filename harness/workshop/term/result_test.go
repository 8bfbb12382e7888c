package term

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms/wire"
)

func TestOutcomeText(t *testing.T) {
	for want, r := range map[string]workshop.Report{
		"passed on 6.12.1":                         {Verdict: verdict.Pass, Stage: workshop.StageCheck, Release: "6.12.1"},
		"does not compile":                         {Verdict: verdict.Fail, Stage: workshop.StageBuild, Kernel: "6.12"},
		"could not be checked on 6.12":             {Verdict: verdict.Infra, Stage: workshop.StageMachine, Kernel: "6.12"},
		"not possible on 6.12.1":                   {Verdict: verdict.Unsupported, Stage: workshop.StageLoad, Release: "6.12.1"},
		"not done in time on 6.12.1":               {Verdict: verdict.Timeout, Stage: workshop.StageCheck, Release: "6.12.1"},
		"could not be attached on 6.12.1":          {Verdict: verdict.Fail, Stage: workshop.StageAttach, Release: "6.12.1"},
		"the kernel refused the program on 6.12.1": {Verdict: verdict.Fail, Stage: workshop.StageLoad, Release: "6.12.1"},
		"not there yet on 6.12.1":                  {Verdict: verdict.Fail, Stage: workshop.StageCheck, Release: "6.12.1"},
	} {
		if got := outcomeText(&r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestListingIsCut(t *testing.T) {
	r := rejected()
	r.Output = strings.Repeat("line\n", 20) + "the end"
	got := ansi.Strip(newTheme(unknown, true).result(r, "", 80, 3))
	if strings.Count(got, "line\n") != 2 || !strings.Contains(got, "the end") || !strings.Contains(got, "without the first 18 lines") {
		t.Error(got)
	}
}

func TestTrace(t *testing.T) {
	var tr trace
	for range traceLines + 5 {
		tr.add(workshop.TraceUpdate{Lines: []wire.TraceLine{{Comm: "ls", PID: 7, Message: "hello", Raw: "ls-7 [000] hello"}}})
	}
	wide, narrow := tr.show(newTheme(unknown, true), 80), tr.show(newTheme(unknown, true), 40)
	if len(wide) != traceLines+1 || !strings.Contains(wide[0], "not shown") || wide[1] != "ls-7 [000] hello" || narrow[1] != "ls-7: hello" {
		t.Errorf("%d lines: %q, %q", len(wide), wide[:2], narrow[:2])
	}
	tr.add(workshop.TraceUpdate{Clear: true, Error: "tracefs is not mounted"})
	if got := tr.show(newTheme(unknown, true), 80); len(got) != 1 || got[0] != "tracefs is not mounted" {
		t.Errorf("%q", got)
	}
}

func TestMapValues(t *testing.T) {
	calls := workshop.MapView{Name: "calls", Type: "Hash", Cut: true}
	calls.Entries = append(calls.Entries, struct{ Key, Value string }{"{comm: \x1b[2Jls}", "2"})
	maps := []workshop.MapView{calls, {Name: "x", Type: "Array", Error: "gone"}}
	got := ansi.Strip(strings.Join(newTheme(unknown, true).mapValues(maps, 60), "\n"))
	if got != "calls  Hash, more than 1 entry\n  {comm: ls} = 2\nx  Array, 0 entries\n  gone" {
		t.Errorf("%q", got)
	}
}
