package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/object"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// step is one step of a lab while it is done.
type step struct {
	*Session
	lab    *lab.Lab
	def    lab.Step
	object []byte // the step's ELF object, nil if it loads none
	sent   Sent   // reports how much of a large object has gone; may be nil
	checks []lab.Check
	seen   observation
	load   time.Duration // spent in loading and attaching

	runTimes bool // are wanted
	counts   bool // they are counted
}

// do does the step and judges it. The error is the machine's; what the lab
// found is in the step's verdict.
func (st *step) do(ctx context.Context) (verdict.Step, error) {
	began := time.Now()
	limit := st.limit()
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errStepTimeout)
	defer cancel()
	err := st.act(ctx)
	out := verdict.Step{Name: st.def.Name, Verdict: verdict.Pass}
	if err == nil {
		out = st.settle(ctx)
	}
	if expected, seen, ok := endless(err, context.Cause(ctx)); ok {
		out.Verdict, out.Expected, out.Seen = verdict.Timeout, fmt.Sprintf("%s within %s", expected, limit.Round(time.Millisecond)), seen
		err = nil
	} else if errors.Is(context.Cause(ctx), errStepTimeout) && st.isAlive() {
		out.Verdict, out.Expected, out.Seen = verdict.Timeout, fmt.Sprintf("an end within %s", limit), "it was still running"
		err = nil
	}
	var finding *finding
	if errors.As(err, &finding) {
		out.Verdict, out.Expected, out.Seen, out.Log = verdict.Fail, finding.expected, finding.seen, finding.log
		err = nil
	}
	out.RunTimes = st.endRuns(context.WithoutCancel(ctx))
	out.Notes, out.Seconds = st.seen.notes, time.Since(began).Seconds()
	out.Note(verdict.RunTimeLine(out.RunTimes))
	if st.runTimes {
		out.Note(st.seen.noRuns)
	}
	return st.excuse(out), err
}

// limit returns how long the step may take: what the document says, else what is usual,
// as far as the host is as fast as usual.
func (st *step) limit() time.Duration {
	if st.lab.UsualTimeout {
		return st.Limit(st.lab.Timeout)
	}
	return st.lab.Timeout
}

var errStepTimeout = errors.New("the step took too long")

// finding is something that a step ran into before its checks could be
// judged, such as a program that the verifier rejects.
type finding struct{ expected, seen, log string }

func (f *finding) Error() string { return f.seen }

// act loads, attaches, sends and runs, in that order.
func (st *step) act(ctx context.Context) error {
	if st.def.Network {
		if err := st.simple(ctx, wire.OpNet); err != nil {
			return err
		}
	}
	if err := st.countRuns(ctx); err != nil {
		return err
	}
	if err := st.prepare(ctx); err != nil {
		return err
	}
	for _, p := range st.def.Probes {
		if err := st.probe(ctx, p); err != nil {
			return err
		}
	}
	for _, send := range st.def.Send {
		if err := st.send(ctx, send); err != nil {
			return err
		}
	}
	if err := st.testRuns(ctx); err != nil {
		return err
	}
	for range max(1, st.def.Repeat) {
		if err := st.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// simple does an operation without arguments or result. What the guest says
// no to is a finding.
func (st *step) simple(ctx context.Context, op string) error {
	return asFinding(op, st.call(ctx, op, nil, nil, wire.IO{}))
}

func asFinding(what string, err error) error {
	var fault *wire.Fault
	if errors.As(err, &fault) {
		return &finding{expected: what + " works", seen: fault.Msg}
	}
	return err
}

// prepare loads and attaches the step's object, and begins to listen to what
// its checks need.
func (st *step) prepare(ctx context.Context) error {
	began := time.Now()
	defer func() { st.load = time.Since(began) }()
	if st.uses(func(c lab.Check) bool { return c.Trace != nil }) {
		if err := st.simple(ctx, wire.OpTrace); err != nil {
			return err
		}
	}
	if st.object == nil {
		return nil
	}
	if err := st.loadObject(ctx); err != nil {
		return err
	}
	for _, c := range st.checks {
		if c.Event == nil {
			continue
		}
		if err := asFinding("watch "+c.Event.Map, st.call(ctx, wire.OpWatch, wire.Watch{Map: c.Event.Map}, nil, wire.IO{})); err != nil {
			return err
		}
	}
	return st.attachAll(ctx)
}

func (st *step) uses(kind func(lab.Check) bool) bool {
	for _, c := range st.checks {
		if kind(c) {
			return true
		}
	}
	return false
}

func (st *step) loadObject(ctx context.Context) error {
	spec, err := object.Read(st.object)
	if err != nil {
		return &finding{expected: "an eBPF object", seen: err.Error()}
	}
	st.seen.spec = spec
	var res wire.LoadResult
	args := wire.Load{Programs: st.def.Load, Maps: st.maps()}
	err = st.call(ctx, wire.OpLoad, args, &res, wire.IO{In: st.upload()})
	if err != nil {
		return asFinding("load the object", err)
	}
	if res.Error != "" && !st.judgesAll(res.Programs) {
		return &finding{expected: "the object's maps can be made", seen: res.Error}
	}
	st.seen.programs = res.Programs
	return nil
}

// attachAll attaches what was accepted. A rejection that no check speaks of
// is a finding.
func (st *step) attachAll(ctx context.Context) error {
	for _, p := range st.seen.programs {
		if !p.Accepted {
			if st.judges(p.Name) {
				continue
			}
			return &finding{expected: "program " + p.Name + " accepted by the verifier",
				seen: answers(p.Name, &st.seen)[0].String(), log: p.Log}
		}
		if !st.isAttached(p.Name) {
			continue
		}
		if err := st.attach(ctx, p.Name); err != nil {
			return err
		}
	}
	return nil
}

func (st *step) judges(program string) bool {
	return st.uses(func(c lab.Check) bool {
		return c.Rejected != nil && (c.Rejected.Program == program || c.Rejected.Program == "") ||
			c.Accepted != nil && (c.Accepted.Program == program || c.Accepted.Program == "")
	})
}

// maps returns the maps that the checks look at.
func (st *step) maps() []string {
	var out []string
	for _, c := range st.checks {
		switch {
		case c.Map != nil:
			out = append(out, c.Map.Name)
		case c.Event != nil:
			out = append(out, c.Event.Map)
		case c.TestRun != nil:
			out = append(out, c.TestRun.Maps...)
		}
	}
	return out
}

func (st *step) judgesAll(programs []wire.Program) bool {
	unjudged := func(p wire.Program) bool { return !st.judges(p.Name) }
	return len(programs) > 0 && !slices.ContainsFunc(programs, unjudged)
}

func (st *step) attach(ctx context.Context, program string) error {
	args := wire.Attach{Program: program, Network: st.def.Network}
	for _, a := range st.def.Attach {
		if a.Program != program {
			continue
		}
		args.To, args.Mode = a.To, a.Mode
	}
	var res wire.AttachResult
	if err := st.call(ctx, wire.OpAttach, args, &res, wire.IO{}); err != nil {
		return asFinding("attach "+program, err)
	}
	st.seen.notes = append(st.seen.notes, describeAttach(program, res))
	return nil
}

func describeAttach(program string, res wire.AttachResult) string {
	text := fmt.Sprintf("%s attached to %s %s", program, res.Kind, res.Target)
	if res.Mode != "" {
		text += " (" + res.Mode + ")"
	}
	return text
}

func (st *step) probe(ctx context.Context, p lab.Probe) error {
	var res wire.ProbeResult
	err := st.call(ctx, wire.OpProbe, wire.Probe{Kind: p.Kind, N: p.N, User: p.As == "user"}, &res, wire.IO{})
	if err != nil {
		return asFinding("probe "+probeName(p), err)
	}
	st.seen.probes = append(st.seen.probes, probed{p, res})
	return nil
}

func (st *step) send(ctx context.Context, s lab.Send) error {
	var res wire.SendResult
	err := st.call(ctx, wire.OpSend, wire.Send{From: s.From, Port: s.UDP, Count: s.Count, Size: s.Size}, &res, wire.IO{})
	if err != nil {
		return asFinding("send packets", err)
	}
	if st.seen.sent == nil {
		st.seen.sent = map[int]wire.SendResult{}
	}
	old := st.seen.sent[s.UDP]
	st.seen.sent[s.UDP] = wire.SendResult{Sent: old.Sent + res.Sent, Received: old.Received + res.Received}
	return nil
}

// maxOutput is how much of a workload's output is kept, in bytes.
const maxOutput = 1 << 20

// run runs the step's commands until one exits with another status than 0.
func (st *step) run(ctx context.Context) error {
	for _, line := range st.def.Run {
		stdout, stderr := &capped{room: maxOutput}, &capped{room: maxOutput}
		var res wire.ExecResult
		args := wire.Exec{Argv: argv(line), Netns: st.def.In}
		if err := st.call(ctx, wire.OpExec, args, &res, wire.IO{Stdout: stdout, Stderr: stderr}); err != nil {
			return asFinding("run "+line, err)
		}
		st.seen.ran, st.seen.exit = true, res.Exit
		st.seen.stdout += stdout.String()
		st.seen.stderr += stderr.String() + res.Error
		if res.Exit != 0 {
			if res.OOM > 0 {
				st.seen.notes = append(st.seen.notes, OOMNote(res.OOM)+" while "+line+" ran: memory: in the lab's document gives the machine more")
			}
			return nil
		}
	}
	return nil
}

// OOMNote returns what to say of processes that the kernel killed for want of memory.
func OOMNote(killed int) string {
	if killed == 1 {
		return "the kernel killed a process for want of memory (the machine's, or a control group's)"
	}
	return fmt.Sprintf("the kernel killed %d processes for want of memory (the machine's, or a control group's)", killed)
}

// shellChars are what makes a line a matter for the shell.
const shellChars = "|&;<>()$`\\\"'*?[#~=%{}!\n"

// argv returns how a line is run: directly where it is plain words, so that the
// command is the process that the lab sees, else by the shell.
func argv(line string) []string {
	if words := strings.Fields(line); len(words) > 0 && !strings.ContainsAny(line, shellChars) {
		return words
	}
	return []string{"sh", "-c", line}
}

// capped keeps the first bytes written to it.
type capped struct {
	bytes.Buffer
	room int
}

func (c *capped) Write(p []byte) (int, error) {
	keep := min(len(p), c.room)
	c.room -= keep
	c.Buffer.Write(p[:keep])
	return len(p), nil
}
