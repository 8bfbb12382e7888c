package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// Single is one step that was done, and what it has left in the machine.
type Single struct {
	verdict.Step
	Programs []wire.Program       // the verifier's answers
	Spec     *ebpf.CollectionSpec // of the object that is loaded, nil if none is
	Output   string               // what the commands wrote, to both streams
}

// Single does one step of a lab. What it has loaded, attached and made stays, so that
// one may look at it and go on from there, until the next Single. The error is the
// machine's, as with Run; a step of text alone passes.
func (s *Session) Single(ctx context.Context, job Job, name string) (Single, error) {
	if err := s.clear(ctx); err != nil {
		return Single{}, err
	}
	i := slices.IndexFunc(job.Lab.Steps, func(st lab.Step) bool { return st.Name == name })
	if i < 0 {
		return Single{}, fmt.Errorf("the lab %s has no step %q", job.Lab.Name, name)
	}
	if v, reason, err := s.checkNeeds(ctx, job); err != nil || v != verdict.Pass {
		return Single{Step: verdict.Step{Name: name, Verdict: v, Expected: "a kernel that the lab can run on", Seen: reason}}, err
	}
	if err := s.placeTarget(ctx, job); err != nil {
		return Single{}, err
	}
	def := job.Lab.Steps[i]
	if step, left := s.skipped(job, def); left {
		return Single{Step: step}, nil
	}
	st := s.newStep(job, def)
	if st.empty() {
		return Single{Step: verdict.Step{Name: name, Verdict: verdict.Pass}}, nil
	}
	s.left = st
	done, err := st.do(ctx)
	if err == nil {
		err = s.call(ctx, wire.OpUntrace, nil, nil, wire.IO{})
	}
	return Single{Step: done, Programs: st.seen.programs, Spec: st.seen.spec, Output: st.seen.stdout + st.seen.stderr}, err
}

// clear takes away what the last Single has left.
func (s *Session) clear(ctx context.Context) error {
	st := s.left
	if st == nil {
		return nil
	}
	s.left = nil
	return s.cleanUp(ctx, st)
}
