package workshop

import (
	"slices"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// unexpectedRejections returns the verifier's answers without those rejections that the
// step expects and got: those programs are as they should be.
func unexpectedRejections(step lab.Step, single session.Single) []wire.Program {
	return slices.DeleteFunc(slices.Clone(single.Programs), func(p wire.Program) bool {
		return !p.Accepted && expectsRejection(step, single.Checks, p.Name)
	})
}

// expectsRejection reports whether a check of the step expected the rejection of a
// program, and passed.
func expectsRejection(step lab.Step, judged []verdict.Check, program string) bool {
	for _, c := range step.Checks {
		if c.Rejected == nil || c.Rejected.Program != program {
			continue
		}
		if slices.ContainsFunc(judged, func(j verdict.Check) bool { return j.Verdict == verdict.Pass && j.Expected == c.Expected() }) {
			return true
		}
	}
	return false
}
