package session

import (
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms"
)

type slowMachine struct {
	vms.Machine
	slowness float64
}

func (m slowMachine) Info() vms.Info { return vms.Info{Slowness: m.slowness} }

// Limits follow the host's speed, but not those that a document has of its own.
func TestLimitsFollowTheHost(t *testing.T) {
	for _, test := range []struct {
		slowness float64
		usual    bool
		want     time.Duration
	}{
		{0, true, time.Minute}, {0.5, true, time.Minute}, {1, true, time.Minute}, {4, true, 4 * time.Minute}, {4, false, time.Minute},
	} {
		st := &step{Session: &Session{machine: slowMachine{slowness: test.slowness}}, lab: &lab.Lab{Header: lab.Header{Timeout: time.Minute}, UsualTimeout: test.usual}}
		if got := st.limit(); got != test.want {
			t.Errorf("slowness %v, usual %t: %v, want %v", test.slowness, test.usual, got, test.want)
		}
	}
}
