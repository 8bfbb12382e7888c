package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/annotation"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// Verdicts of expectations; the others are ByLoader, Unsupported and Infra.
const (
	Pass = "pass"
	Fail = "fail"
)

// Expectation is what a program's annotations expect, and what was seen of it.
type Expectation struct {
	Mode        string             `json:"mode"` // "priv": with all capabilities, "unpriv"
	Description string             `json:"description,omitempty"`
	Verdict     string             `json:"verdict"`  // pass, fail, loader, unsupported, infra
	Expected    string             `json:"expected"` // in a few words; of a failure, that of the first check that does not hold
	Seen        string             `json:"seen"`
	Checks      []annotation.Check `json:"checks,omitempty"`
}

// Annotate reads the annotations of objects, by which Options.Expect judges their programs. An
// object without any is an error, for it would be judged by nothing.
func Annotate(objects []*Object) error {
	var wrong []error
	for _, o := range objects {
		if o.unread != nil {
			continue
		}
		text, err := o.content()
		if err == nil {
			o.annotations, err = annotation.Read(text)
		}
		if err == nil {
			err = o.annotations.CheckFunctions(programNames([]*Object{o}))
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", o.Name, err))
		}
	}
	return errors.Join(wrong...)
}

// CheckAnnotations returns an error if annotations contradict each other on one of the kernels.
func CheckAnnotations(objects []*Object, kernels []kernel.Image) error {
	var wrong []error
	for _, o := range objects {
		for _, k := range kernels {
			if err := o.contradicts(k); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", o.Name, err))
				break
			}
		}
	}
	return errors.Join(wrong...)
}

func (o *Object) contradicts(k kernel.Image) error {
	var wrong []error
	for _, p := range o.Programs {
		if o.annotations != nil {
			_, err := o.annotations.On(p.Name, k.Version, k.Arch)
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// tests lists the tests of the object's programs on a kernel, each with the programs that are to be
// loaded before it.
func (o *Object) tests(k kernel.Image) (all []pending) {
	with := map[bool][]string{}
	for _, p := range o.Programs {
		tests, err := o.annotations.On(p.Name, k.Version, k.Arch)
		if err != nil {
			continue // see CheckAnnotations
		}
		for _, t := range tests {
			if t.Auxiliary {
				with[t.User] = append(with[t.User], p.Name)
				continue
			}
			all = append(all, pending{object: o, program: p, loader: Cilium, test: &t})
		}
	}
	for i := range all {
		all[i].with = with[all[i].test.User]
	}
	return all
}

// expect has the kernel load a program as its test asks for it.
func (w *worker) expect(ctx context.Context, p pending, r *Result) (lost bool, err error) {
	t := p.test
	ask := wire.Expect{Program: p.program.Name, With: p.with, Target: w.Targets[p.program.Name], User: t.User, Caps: t.Caps, LogLevel: t.LogLevel, Flags: t.Flags, UsualFlags: t.UsualFlags,
		JIT: t.LoadMode, Xlated: len(t.Xlated) > 0, Jited: len(t.Jited) > 0, Run: t.Return != nil, Data: make([]byte, annotation.DataSize), LinearSize: t.LinearSize, Streams: len(t.Stdout)+len(t.Stderr) > 0}
	var answer wire.ExpectResult
	var log bytes.Buffer
	return w.called(r, w.session.Call(ctx, wire.OpExpect, ask, &answer, wire.IO{Stdout: &log}), func() {
		r.Prepared = append(r.Prepared, w.prepared...)
		if answer.Cannot != "" {
			r.Verdict, r.Reason = Unsupported, &Reason{Code: "kernel", Text: answer.Cannot}
			return
		}
		w.take(r, answer.VerifyResult, log.String())
		r.seen = w.seen(ctx, t, answer, log.String())
	})
}

// seen returns what came of a test.
func (w *worker) seen(ctx context.Context, t *annotation.Test, a wire.ExpectResult, log string) *annotation.Seen {
	s := &annotation.Seen{Accepted: a.Accepted, Log: log, LastWord: lastWord(log), Stdout: printed(a.Stdout), Stderr: printed(a.Stderr), Xlated: annotation.Text{Missing: a.Xlated.Missing}, Jited: annotation.Text{Missing: a.Jited.Missing}}
	if len(a.Xlated.Data) > 0 {
		order := binary.ByteOrder(binary.LittleEndian)
		if w.kernel.Arch.OrDefault().BigEndian() {
			order = binary.BigEndian
		}
		s.Xlated.Text = annotation.Disassemble(a.Xlated.Data, order)
	}
	if len(a.Jited.Data) > 0 {
		text, err := machineCode(ctx, a.Jited.Data, a.Funcs, w.kernel.Arch)
		if s.Jited.Text = text; err != nil {
			s.Jited.Missing = err.Error()
		}
	}
	if a.Run != nil {
		s.Ran = &annotation.Run{Returned: int32(a.Run.Returned)}
		switch {
		case a.Run.Lacking && t.LinearSize > 0:
			s.Ran.Lacking = "the kernel runs no program on a packet whose linear part is given: " + a.Run.Error
		case a.Run.Lacking:
			s.Ran.Lacking = "the kernel runs no programs of this type: " + a.Run.Error
		case a.Run.Error != "":
			s.Ran.Failed = "not run: " + a.Run.Error
		}
	}
	return s
}

func printed(b wire.Bytes) annotation.Text {
	return annotation.Text{Text: string(b.Data), Missing: b.Missing}
}

// lastWord returns the last line of what the verifier says in a log, or of the log.
func lastWord(log string) string {
	said := complaint(log)
	if said == "" {
		said = log
	}
	said = strings.TrimSpace(said)
	return said[strings.LastIndexByte(said, '\n')+1:]
}

// judge compares a result with what its test expects. Its reason is known.
func (r *Result) judge(p pending) {
	if p.test == nil {
		return
	}
	e := &Expectation{Mode: "priv", Description: p.test.Description, Expected: p.test.Expected()}
	if r.Expect = e; p.test.User {
		e.Mode = "unpriv"
	}
	text := ""
	if r.Reason != nil {
		text = r.Reason.Text
	}
	switch {
	case r.Infra != "":
		e.Verdict, e.Seen = Infra, r.Infra
	case r.Verdict == Unsupported || r.Verdict == Undecided || r.Verdict == Optional:
		e.Verdict, e.Seen = Unsupported, text
	case ofKernelItself(*r):
		e.Verdict, e.Seen = Fail, text
	case r.Verdict == ByLoader:
		e.Verdict, e.Seen = ByLoader, text
	case p.test.Fails && !r.Accepted && !r.judgedByKernel():
		e.Verdict, e.Seen = Unsupported, "the kernel lacks what the program needs, so its verifier was not asked: "+text
	default:
		r.compare(p.test, text)
	}
	r.seen = nil
}

// lacking are the codes of reasons for which a kernel refuses a program before its verifier looks
// at the instructions.
var lacking = []string{"program_type", "map_type", "btf", "attach_target", "global_data", "co_re", "ksym", "kconfig", "struct_ops", "memory", "lockdown"}

// judgedByKernel reports whether a rejection is the kernel's judgement of the program: of its
// instructions, or of who loads it.
func (r *Result) judgedByKernel() bool {
	if r.Errno == "EPERM" {
		return true
	}
	return r.Stage == wire.StageLoad && r.Reason != nil && (r.seen == nil || r.seen.Log != "" || !slices.Contains(lacking, r.Reason.Code))
}

// compare judges what was seen.
func (r *Result) compare(t *annotation.Test, text string) {
	e, s := r.Expect, annotation.Seen{}
	if r.seen != nil {
		s = *r.seen
	}
	s.Refusal = "the kernel refused it: " + text
	if s.LastWord != "" && !strings.Contains(text, s.LastWord) {
		s.Refusal += " (" + s.LastWord + ")"
	}
	e.Checks = t.Judge(s)
	e.Verdict, e.Seen = Pass, e.Checks[0].Seen
	for _, c := range e.Checks {
		switch {
		case c.Holds:
		case c.Lacking != "":
			e.Verdict, e.Expected, e.Seen = Unsupported, c.Tag+" "+c.Expected, c.Seen
		default:
			e.Verdict, e.Expected, e.Seen = Fail, c.Tag+" "+c.Expected, c.Seen
			return
		}
	}
	if last := e.Checks[len(e.Checks)-1]; e.Verdict == Pass && last.Tag == "retval" {
		e.Seen += ", returned " + last.Seen
	}
}

// mark returns the verdict of what is expected, or else of the program.
func (r Result) mark() string {
	if r.Expect != nil {
		return r.Expect.Verdict
	}
	return r.word()
}

// expects reports whether programs were judged by their annotations.
func (r Report) expects() bool {
	return slices.ContainsFunc(r.Results, func(one Result) bool { return one.Expect != nil })
}

// nothingJudged reports whether programs were to be judged by their annotations, and none was on
// any kernel.
func (r Report) nothingJudged() bool {
	return r.expects() && !slices.ContainsFunc(r.Results, func(one Result) bool { return one.mark() == Pass || one.mark() == Fail })
}

// expectedOr returns what is expected of a result, for a column.
func (r Result) expectedOr() string {
	if r.Expect == nil {
		return "-"
	}
	return clean(r.Expect.Expected)
}

// seenOr returns what was seen of a result, for a column.
func (r Result) seenOr() string {
	if r.Expect == nil {
		return cmp.Or(r.short(), r.word())
	}
	return clean(r.Expect.Seen)
}
