package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// Job is a lab to be done in a session's machine.
type Job struct {
	Lab     *lab.Lab
	Kernel  kernel.Image
	Objects map[string][]byte // ELF objects by the C file's name as the lab gives it
	OnStep  func(name string) // called when a step begins; may be nil
	OnSend  Sent              // called while a large object goes to the guest; may be nil

	RunTimes bool // count how often and how long programs run

	// OnJudged is called when a step was judged, while what it loaded and attached
	// is still there; may be nil. An error ends the lab.
	OnJudged func(verdict.Step) error
}

// Outcome is what a lab found in one machine.
type Outcome struct {
	Verdict verdict.Verdict
	Reason  string
	Steps   []verdict.Step
	Load    float64  // seconds in loading and attaching
	Run     float64  // seconds in all else
	Splat   string   // what the kernel reported: a panic, an oops, a warning
	Notes   []string // of reports that were expected
	Err     error    // the machine's, where Verdict is Infra
	Fuzzed  []Fuzzed // what is to be compared between kernels: see CompareFuzzed
}

// Run does a lab's steps, one after the other, until one does not pass. What a step
// does to its machine is the lab's finding (see CausedByGuest), as is an error that the
// kernel reports meanwhile; a machine that is lost any other way is Infra.
func (s *Session) Run(ctx context.Context, job Job) Outcome {
	began := time.Now()
	out := Outcome{Verdict: verdict.Pass}
	if v, reason, err := s.checkNeeds(ctx, job); err != nil || v != verdict.Pass {
		out.Verdict, out.Reason = v, reason
		s.judgeDeath(ctx, &out, err, false, false)
		return out
	}
	if err := s.placeTarget(ctx, job); err != nil {
		s.judgeDeath(ctx, &out, err, false, false)
		return out
	}
	var load time.Duration
	ran := false // commands, which may do everything to the machine
	for _, def := range job.Lab.Steps {
		ran = ran || len(def.Run) > 0
		if job.OnStep != nil {
			job.OnStep(def.Name)
		}
		done, ok, err := s.step(ctx, job, def, &load, &out.Fuzzed)
		if ok {
			out.Steps = append(out.Steps, done)
		}
		if err != nil {
			s.judgeDeath(ctx, &out, err, true, ran)
			break
		}
		if ok && done.Verdict != verdict.Pass {
			out.Verdict, out.Reason = done.Verdict, reasonOf(done)
			break
		}
	}
	s.judgeConsole(&out, job.Lab)
	out.Load, out.Run = load.Seconds(), (time.Since(began) - load).Seconds()
	return out
}

// step does one step, if there is something to do in it, and cleans up after it.
func (s *Session) step(ctx context.Context, job Job, def lab.Step, load *time.Duration, fuzzed *[]Fuzzed) (verdict.Step, bool, error) {
	if step, left := s.skipped(job, def); left {
		return step, true, nil
	}
	st := s.newStep(job, def)
	if st.empty() {
		return verdict.Step{}, false, nil // text only
	}
	done, err := st.do(ctx)
	*load += st.load
	*fuzzed = append(*fuzzed, st.fuzzed()...)
	if err == nil && job.OnJudged != nil {
		err = job.OnJudged(done)
	}
	if err != nil {
		return done, done.Verdict != verdict.Pass, err
	}
	if done.Verdict == verdict.Timeout {
		return done, true, nil // the machine is of no more use: what runs in it may never end
	}
	return done, true, s.cleanUp(ctx, st)
}

// skipped returns the result of a step that is not for the session's kernel.
func (s *Session) skipped(job Job, def lab.Step) (verdict.Step, bool) {
	if def.When == nil || def.When.Contains(s.version(job.Kernel)) {
		return verdict.Step{}, false
	}
	note := fmt.Sprintf("not done: the step is for kernels %s", def.When)
	return verdict.Step{Name: def.Name, Verdict: verdict.Pass, Notes: []string{note}}, true
}

func (s *Session) newStep(job Job, def lab.Step) *step {
	return &step{Session: s, lab: job.Lab, def: def, object: job.object(def), sent: job.OnSend, runTimes: job.RunTimes, checks: checksFor(def, s.version(job.Kernel))}
}

// empty reports whether a step has nothing to do.
func (st *step) empty() bool {
	return st.object == nil && len(st.def.Run) == 0 && len(st.def.Probes) == 0 && len(st.def.Send) == 0
}

// object returns the step's ELF object: that of its own C file or of the lab's.
func (j Job) object(def lab.Step) []byte {
	if name := def.Source(j.Lab); name != "" {
		return j.Objects[name]
	}
	return nil
}

// checksFor returns the checks that count on this kernel. Commands without a
// check of their exit status must exit with 0.
func checksFor(def lab.Step, v kernel.Version) []lab.Check {
	var out []lab.Check
	exit := len(def.Run) == 0
	for _, c := range def.Checks {
		exit = exit || c.Exit != nil
		if c.Applies(v) {
			out = append(out, c)
		}
	}
	if !exit {
		out = append([]lab.Check{{Exit: new(int)}}, out...)
	}
	return out
}

func (s *Session) cleanUp(ctx context.Context, st *step) error {
	if st.object != nil {
		if err := s.call(ctx, wire.OpUnload, nil, nil, wire.IO{}); err != nil {
			return err
		}
	}
	if st.def.Network {
		return s.call(ctx, wire.OpNetOff, nil, nil, wire.IO{})
	}
	return nil
}

// version returns the kernel's version: what the package says, else what the
// kernel says itself.
func (s *Session) version(img kernel.Image) kernel.Version {
	if !img.Version.IsZero() {
		return img.Version
	}
	v, _ := kernel.ParseVersion(s.Ready.Release)
	return v
}

func reasonOf(step verdict.Step) string {
	if step.Verdict == verdict.Unsupported {
		return step.Seen
	}
	if step.Verdict == verdict.Timeout {
		return fmt.Sprintf("step %s: %s", step.Name, step.Seen)
	}
	return fmt.Sprintf("step %s: expected %s", step.Name, step.Expected)
}

// judgeDeath gives an error of the machine its verdict. begun says that a step had
// begun, and ran that commands of the lab had run.
func (s *Session) judgeDeath(ctx context.Context, out *Outcome, err error, begun, ran bool) {
	if err == nil {
		return
	}
	out.Verdict, out.Reason = verdict.Infra, err.Error()
	switch {
	case ctx.Err() != nil:
		out.Reason, out.Err = verdict.Interrupted, err
	case errors.Is(err, vms.ErrPanic), begun && CausedByGuest(err, ran):
		out.Verdict = verdict.Fail
		var crash *vms.Crash
		if errors.As(err, &crash) {
			out.Splat = crash.Splat
		}
	default:
		out.Err = err
	}
}

// judgeConsole finds what the kernel reported and survived.
func (s *Session) judgeConsole(out *Outcome, l *lab.Lab) {
	splats := s.LastSplats(AllowSplats(l.AllowSplats))
	out.Notes = splats.Allowed
	if out.Splat != "" || splats.Unexpected == "" {
		return
	}
	out.Splat = splats.Unexpected
	if out.Verdict == verdict.Pass {
		out.Verdict, out.Reason = verdict.Fail, splats.Reason()
	}
}

func (s *Session) isAlive() bool { return s.alive.Err() == nil }
