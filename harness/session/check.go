package session

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// judge compares one check with what was observed.
func judge(c lab.Check, o *observation) verdict.Check {
	out := verdict.Check{Kind: c.Kind(), Expected: c.Expected(), Verdict: verdict.Fail}
	if c.When != nil {
		out.When = c.When.String()
	}
	var ok bool
	switch {
	case c.Trace != nil:
		ok, out.Seen = judgeTrace(*c.Trace, o.trace)
	case c.Stdout != nil:
		ok, out.Seen = judgeText(*c.Stdout, o.stdout), clip(o.stdout)
	case c.Exit != nil:
		ok, out.Seen = o.ran && o.exit == *c.Exit, fmt.Sprintf("exit status %d%s", o.exit, said(o.stderr))
	case c.Map != nil:
		ok, out.Seen = judgeMap(*c.Map, o)
	case c.Event != nil:
		ok, out.Seen = judgeEvent(*c.Event, o)
	case c.Packets != nil:
		ok, out.Seen = judgePackets(*c.Packets, o.sent[c.Packets.Port])
	case c.TestRun != nil:
		ok, out.Seen = judgeTestRun(*c.TestRun, o.tests[c.TestRun])
	case c.RunTime != nil:
		one := JudgeRunTime(*c.RunTime, o.runs, o.noRuns)
		ok, out.Seen = one.Verdict == verdict.Pass, one.Seen
	case c.Accepted != nil:
		ok, out.Seen = judgeAnswers(c.Accepted.Program, o, answer.isAccepted)
	case c.Rejected != nil:
		ok, out.Seen = judgeAnswers(c.Rejected.Program, o, func(a answer) bool { return a.isRejected(*c.Rejected) })
	case c.Insns != nil:
		ok, out.Seen = judgeInsns(*c.Insns, o)
	}
	if ok {
		out.Verdict = verdict.Pass
	}
	return out
}

const showLines = 5

func judgeTrace(want lab.Trace, seen wire.TraceResult) (bool, string) {
	n := 0
	matches, err := regexp.Compile(want.Matches)
	if err != nil {
		return false, err.Error()
	}
	for _, l := range seen.Lines {
		if (want.Comm == "" || l.Comm == want.Comm) && (want.Message == "" || l.Message == strings.TrimSpace(want.Message)) && matches.MatchString(l.Message) {
			n++
		}
	}
	text := fmt.Sprintf("%d such of %d lines", n, len(seen.Lines)+seen.Lost)
	ok := n >= want.Min
	if want.Count != nil {
		ok = n == *want.Count
	}
	if !ok {
		text += traceSample(seen.Lines)
	}
	return ok, text
}

func traceSample(lines []wire.TraceLine) string {
	var b strings.Builder
	for i, l := range lines {
		if i == showLines {
			fmt.Fprintf(&b, "\n… %d more", len(lines)-i)
			break
		}
		b.WriteString("\n" + strings.TrimSpace(l.Raw))
	}
	return b.String()
}

func judgeText(want lab.Text, seen string) bool {
	switch {
	case want.Equals != "":
		return strings.TrimSpace(seen) == strings.TrimSpace(want.Equals)
	case want.Contains != "":
		return strings.Contains(seen, want.Contains)
	}
	re, err := regexp.Compile(want.Matches)
	return err == nil && re.MatchString(seen)
}

const clipAt = 2000

func clip(s string) string {
	if s = strings.TrimRight(s, "\n"); len(s) > clipAt {
		return s[:clipAt] + "…"
	}
	return s
}

func said(stderr string) string {
	if stderr = strings.TrimSpace(stderr); stderr == "" {
		return ""
	}
	return ", saying: " + clip(stderr)
}

func judgePackets(want lab.Packets, seen wire.SendResult) (bool, string) {
	dropped := seen.Sent - seen.Received
	ok := (want.Received == nil || *want.Received == seen.Received) && (want.Dropped == nil || *want.Dropped == dropped)
	return ok, fmt.Sprintf("of %d sent to port %d, %d received and %d dropped", seen.Sent, want.Port, seen.Received, dropped)
}
