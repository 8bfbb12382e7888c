package session

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// lacksRunTimes is what is seen on kernels without statistics; it makes a step unsupported.
const lacksRunTimes = "this kernel counts no run times of programs: Linux 5.1 brought kernel.bpf_stats_enabled, and 5.8 BPF_ENABLE_STATS"

// firstWithRunTimes is the first Linux that counts run times.
var firstWithRunTimes = kernel.Version{Major: 5, Minor: 1}

// CountRuns has the kernel count how often and how long programs run that are loaded from now on.
// lacking says that it cannot, and why; it is "" if it does. The error is the machine's.
func (s *Session) CountRuns(ctx context.Context) (lacking string, err error) {
	var res wire.CountRunsResult
	if err := s.call(ctx, wire.OpCount, nil, &res, wire.IO{}); err != nil {
		return "", err
	}
	if !res.Lacking {
		return "", nil
	}
	if v, ok := kernel.ParseVersion(s.Ready.Release); ok == nil && v.Compare(firstWithRunTimes) >= 0 {
		return "this kernel has no kernel.bpf_stats_enabled, and should: it is Linux " + s.Ready.Release, nil
	}
	return lacksRunTimes, nil
}

// Runs returns what was counted since CountRuns, programs of one name as one. With end, nothing is
// counted any more.
func (s *Session) Runs(ctx context.Context, end bool) ([]verdict.RunTime, error) {
	var res wire.RunsResult
	if err := s.call(ctx, wire.OpRuns, wire.Runs{End: end}, &res, wire.IO{}); err != nil {
		return nil, err
	}
	return runTimes(res.Programs, s.machine.Info().Hypervisor.Accelerator == "tcg"), nil
}

func runTimes(programs []wire.ProgramRuns, emulated bool) (all []verdict.RunTime) {
	for _, p := range programs {
		at := slices.IndexFunc(all, func(one verdict.RunTime) bool { return one.Program == p.Name })
		if at < 0 {
			at, all = len(all), append(all, verdict.RunTime{Program: p.Name, Emulated: emulated})
		}
		all[at].Runs += p.Runs
		all[at].Nanoseconds += p.Nanoseconds
	}
	verdict.SetRatios(all)
	return all
}

// countRuns begins to count the runs of the step's programs, if that is wanted.
func (st *step) countRuns(ctx context.Context) (err error) {
	if !st.runTimes && !st.uses(func(c lab.Check) bool { return c.RunTime != nil }) {
		return nil
	}
	st.seen.noRuns, err = st.CountRuns(ctx)
	st.counts = err == nil && st.seen.noRuns == ""
	return asFinding("count runs", err)
}

// endRuns ends the counting, and returns what was counted.
func (st *step) endRuns(ctx context.Context) []verdict.RunTime {
	if !st.counts {
		return nil
	}
	all, err := st.Runs(ctx, true)
	if err != nil {
		return st.seen.runs // the machine's error shows elsewhere
	}
	return all
}

// nameLength is how many characters of a program's name kernels keep.
const nameLength = 15

// isNamed reports whether the kernel's name of a program may be that of another, cut off.
func isNamed(seen, name string) bool {
	return seen == name || len(seen) == nameLength && strings.HasPrefix(name, seen)
}

// JudgeRunTime compares what was counted with what is wanted. lacking is that of CountRuns.
func JudgeRunTime(want lab.RunTime, seen []verdict.RunTime, lacking string) verdict.Check {
	out := verdict.Check{Kind: "run_time", Expected: want.Expected(), Verdict: verdict.Fail, Seen: lacking}
	if lacking == lacksRunTimes {
		out.Verdict = verdict.Unsupported
	}
	if lacking != "" {
		return out
	}
	var ok bool
	if ok, out.Seen = compareRunTimes(want, seen); ok {
		out.Verdict = verdict.Pass
	}
	return out
}

func compareRunTimes(want lab.RunTime, seen []verdict.RunTime) (bool, string) {
	var means [2]verdict.RunTime
	for i, name := range []string{want.Of, want.Against} {
		at := slices.IndexFunc(seen, func(one verdict.RunTime) bool { return isNamed(one.Program, name) })
		switch {
		case at < 0:
			return false, "no program " + name + " was loaded"
		case seen[at].Runs < uint64(want.Runs):
			return false, fmt.Sprintf("%s ran %d times, and a mean of fewer than %d runs says nothing", name, seen[at].Runs, want.Runs)
		case seen[at].Nanoseconds == 0:
			return false, name + " took no time, by the kernel's clock"
		}
		means[i] = seen[at]
	}
	ratio := means[0].Mean() / means[1].Mean()
	text := fmt.Sprintf("%s times as long (%d and %d runs)", verdict.RatioText(ratio), means[0].Runs, means[1].Runs)
	if means[0].Emulated {
		text += ", emulated"
	}
	return ratio <= float64(want.AtMost), text
}
