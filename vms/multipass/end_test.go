package multipass

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
)

func TestEndOf(t *testing.T) {
	exit := errors.New("exit status 255")
	for _, test := range []struct {
		name, fate, console string
		reason              error
		says                string
	}{
		{"panic", "multipass calls the machine Stopped", "[ 1.0] fine\n[ 2.0] Kernel panic - not syncing: x\n", vms.ErrPanic, "not syncing: x"},
		{"gone without a word", "multipass calls the machine Stopped", "", vms.ErrGone, "calls the machine Stopped"},
		{"gone after other words", "multipass calls the machine Stopped", "[ 1.0] fine\n", vms.ErrGone, "ends with: [ 1.0] fine"},
		{"the agent alone", "", "[ 1.0] fine\n", vms.ErrGone, "the agent ended: exit status 255"},
		{"the agent alone, after an oops", "", "[ 1.0] Oops: 0000\n", vms.ErrGone, "the agent ended"},
		{"switched off", "multipass calls the machine Stopped", "[ 9.0] reboot: Power down\n", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := endOf(exit, test.fate, []byte(test.console))
			if test.reason == nil {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			var crash *vms.Crash
			if !errors.As(err, &crash) || crash.Reason != test.reason || !strings.Contains(crash.Splat, test.says) {
				t.Errorf("error %v, want %v with %q", err, test.reason, test.says)
			}
		})
	}
}
