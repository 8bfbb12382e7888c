package session

import (
	"context"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// settleFor is how long checks that do not hold yet are looked at again, at most: a
// record may still be on its way when the workload ends. Once the machine is quiet, which it is
// asked for so long at a time, nothing more comes.
const (
	settleFor   = time.Second
	settleEvery = 100 * time.Millisecond
)

// settle observes and judges until all checks hold, nothing more can come, or time is up.
func (st *step) settle(ctx context.Context) verdict.Step {
	until := time.Now().Add(st.Limit(settleFor))
	for last := !st.mayChange(); ; last = last || st.isQuiet(ctx) {
		if err := st.observe(ctx); err != nil {
			return verdict.Step{Name: st.def.Name, Verdict: verdict.Fail, Expected: "an observation", Seen: err.Error()}
		}
		out := summarize(st.def.Name, st.judgeAll())
		if out.Verdict == verdict.Pass || last || time.Now().After(until) || ctx.Err() != nil {
			if out.Verdict != verdict.Pass {
				out.Log = st.log()
			}
			return out
		}
	}
}

// isQuiet waits a little for the machine to be quiet, and reports whether it is: one more look
// sees all that the step has brought about.
func (st *step) isQuiet(ctx context.Context) bool {
	var res wire.Quiet
	if err := st.call(ctx, wire.OpQuiet, wire.QuietAsk{Within: settleEvery}, &res, wire.IO{}); err != nil {
		time.Sleep(settleEvery) // the next look meets what is wrong
	}
	return res.Quiet
}

// mayChange reports whether a second look could see more than the first.
func (st *step) mayChange() bool {
	return st.uses(func(c lab.Check) bool { return c.Trace != nil || c.Map != nil || c.Event != nil })
}

// observe reads what the checks ask for.
func (st *step) observe(ctx context.Context) error {
	st.seen.maps, st.seen.events = map[string]wire.MapResult{}, map[string]wire.EventsResult{}
	if st.uses(func(c lab.Check) bool { return c.Trace != nil }) {
		st.seen.trace = wire.TraceResult{}
		if err := st.call(ctx, wire.OpLines, nil, &st.seen.trace, wire.IO{}); err != nil {
			return err
		}
	}
	if st.counts {
		var err error
		if st.seen.runs, err = st.Runs(ctx, false); err != nil {
			return err
		}
	}
	for _, c := range st.checks {
		var err error
		switch {
		case c.Map != nil:
			var res wire.MapResult
			err = st.call(ctx, wire.OpMap, wire.MapRead{Name: c.Map.Name}, &res, wire.IO{})
			st.seen.maps[c.Map.Name] = res
		case c.Event != nil:
			var res wire.EventsResult
			err = st.call(ctx, wire.OpEvents, wire.Watch{Map: c.Event.Map}, &res, wire.IO{})
			st.seen.events[c.Event.Map] = res
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (st *step) judgeAll() []verdict.Check {
	var out []verdict.Check
	for _, c := range st.checks {
		out = append(out, judge(c, &st.seen))
	}
	return out
}

// summarize makes a step's verdict of its checks': what the first failed one
// expected and saw, else all of them.
func summarize(name string, checks []verdict.Check) verdict.Step {
	out := verdict.Step{Name: name, Verdict: verdict.Pass, Checks: checks}
	for _, c := range checks {
		if c.Verdict != verdict.Pass {
			out.Verdict, out.Expected, out.Seen = c.Verdict, c.Expected, c.Seen
			return out
		}
		out.Expected = joined(out.Expected, c.Expected)
		out.Seen = joined(out.Seen, c.Seen)
	}
	return out
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// log returns the verifier's log of the programs that were rejected.
func (st *step) log() string {
	for _, p := range st.seen.programs {
		if !p.Accepted {
			return p.Log
		}
	}
	return ""
}
