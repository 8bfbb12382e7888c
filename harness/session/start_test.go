package session_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// The machines are vmstest's fake ones, and the clock is synctest's.

// start starts a machine with the provider, and returns its notes and what was asked for.
func start(t *testing.T, p *vmstest.Fake) (notes string, specs []vms.Spec, err error) {
	t.Helper()
	s, lines, done, err := session.Start(t.Context(), p, vms.Spec{Dir: t.TempDir()})
	if err == nil {
		if s.Ready.Release == "" {
			t.Error("the session has no ready frame")
		}
		done()
	}
	return strings.Join(lines, "\n"), p.Specs(), err
}

func TestStartBootsWhereForksAreDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &vmstest.Fake{Forks: true, DeadForks: true, Notes: []string{"fake's note"}}
		notes, specs, err := start(t, p)
		if err != nil || len(specs) != 2 || !specs[1].Cold || p.Rejected.Load() != 1 {
			t.Errorf("%d machines, %d templates dropped, error %v, want 2, 1, nil", len(specs), p.Rejected.Load(), err)
		}
		if !strings.Contains(notes, "fork did not answer") || !strings.Contains(notes, "fake's note") {
			t.Errorf("notes %q", notes)
		}
	})
}

func TestStartFallsBackFromAnAccelerator(t *testing.T) {
	silent := errors.New("KVM is silent")
	kvm := vms.Caps{Accelerator: "kvm", Fallback: "tcg"}
	for name, tt := range map[string]struct {
		caps   vms.Caps
		fails  int
		err    error
		emul   []bool
		worked bool
	}{
		"with KVM":            {kvm, 1, silent, []bool{false, true}, true},
		"with neither":        {kvm, 2, silent, []bool{false, true}, false},
		"with no other":       {vms.Caps{Accelerator: "kvm"}, 1, silent, []bool{false}, false},
		"for want of memory":  {kvm, 1, &vms.SizeError{}, []bool{false}, false},
		"with all that works": {kvm, 0, nil, []bool{false}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &vmstest.Fake{Has: tt.caps, OnStart: func(n int) error {
					if n <= tt.fails {
						return tt.err
					}
					return nil
				}}
				notes, specs, err := start(t, p)
				var emulated []bool
				for _, s := range specs {
					emulated = append(emulated, s.Emulate)
				}
				if !slices.Equal(emulated, tt.emul) || (err == nil) != tt.worked {
					t.Errorf("emulated %v, error %v, want %v and success %v", emulated, err, tt.emul, tt.worked)
				}
				if fell := tt.worked && len(tt.emul) > 1; strings.Contains(notes, "once more with tcg") != fell {
					t.Errorf("notes %q", notes)
				}
			})
		})
	}
}
