package session

import (
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/wire"
)

// Maps that cannot be made are a finding, unless the checks speak of every program.
func TestJudgesAll(t *testing.T) {
	rejected := lab.Check{Rejected: &lab.Rejected{Program: "to_ring", Errno: "EINVAL"}}
	ring, perf := wire.Program{Name: "to_ring"}, wire.Program{Name: "to_perf"}
	for _, test := range []struct {
		name     string
		checks   []lab.Check
		programs []wire.Program
		want     bool
	}{
		{"the one", []lab.Check{rejected}, []wire.Program{ring}, true},
		{"one of two", []lab.Check{rejected}, []wire.Program{ring, perf}, false},
		{"no check", nil, []wire.Program{ring}, false},
		{"no program", []lab.Check{rejected}, nil, false},
	} {
		st := &step{checks: test.checks}
		if got := st.judgesAll(test.programs); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
