package workshop

import (
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

func TestUnexpectedRejections(t *testing.T) {
	wanted := lab.Check{Rejected: &lab.Rejected{Program: "old", Errno: "EINVAL"}}
	step := lab.Step{Action: lab.Action{Checks: []lab.Check{wanted}}}
	programs := []wire.Program{{Name: "good", Accepted: true}, {Name: "old"}, {Name: "bad"}}
	for name, c := range map[string]struct {
		judged verdict.Verdict
		want   []string
	}{
		"rejected as wanted":   {verdict.Pass, []string{"good", "bad"}},
		"for another reason":   {verdict.Fail, []string{"good", "old", "bad"}},
		"not of this kernel's": {"", []string{"good", "old", "bad"}},
	} {
		single := session.Single{Programs: programs}
		if c.judged != "" {
			single.Checks = []verdict.Check{{Expected: wanted.Expected(), Verdict: c.judged}}
		}
		var got []string
		for _, p := range unexpectedRejections(step, single) {
			got = append(got, p.Name)
		}
		if len(got) != len(c.want) || got[len(got)-1] != "bad" || len(programs) != 3 || programs[1].Name != "old" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
