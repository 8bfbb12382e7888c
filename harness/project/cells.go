package project

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Cells returns a cell for each object on each kernel, with a step for each program, of what
// was seen of the entry of objects with an index.
func (p *Project) Cells(index int, objects []*verify.Object, kernels []kernel.Image, results []verify.Result, provider string) []verdict.Cell {
	j := judge{p.Objects[index], overOf(p.Objects[index].Budgets, results)}
	var cells []verdict.Cell
	for _, name := range Names(objects) {
		for _, k := range kernels {
			cells = append(cells, j.cell(name, k, results, provider))
		}
	}
	return cells
}

// Names returns the names of objects. With presets, several have one name.
func Names(objects []*verify.Object) (names []string) {
	for _, o := range objects {
		if !slices.Contains(names, o.Name) {
			names = append(names, o.Name)
		}
	}
	return names
}

// programOn names a program on a kernel.
type programOn struct{ object, program, preset, kernel string }

func overOf(budgets verify.Budgets, results []verify.Result) map[programOn][]verify.Over {
	out := map[programOn][]verify.Over{}
	for _, o := range budgets.Over(results) {
		key := programOn{o.Object, o.Program, o.Preset, o.Kernel}
		out[key] = append(out[key], o)
	}
	return out
}

// judge judges results by what is expected of them.
type judge struct {
	Objects
	over map[programOn][]verify.Over
}

// cell returns what was seen of one object on one kernel.
func (j judge) cell(object string, k kernel.Image, results []verify.Result, provider string) verdict.Cell {
	cell := verdict.Cell{Lab: object, Provider: provider, Kernel: session.KernelOf(k), Verdict: verdict.Pass,
		Steps: []verdict.Step{}, Attempts: []verdict.Attempt{}}
	for _, r := range results {
		if r.Object != object || r.Kernel != k.Selector {
			continue
		}
		cell.Kernel.Release = cmp.Or(cell.Kernel.Release, r.Release)
		step := j.step(r, k.Version)
		cell.Steps = append(cell.Steps, step)
		cell.Durations.Load += r.Load
		if worse := verdict.Worse(cell.Verdict, step.Verdict); worse != cell.Verdict {
			cell.Verdict, cell.Reason = worse, step.Name+": "+step.Seen
		}
	}
	if len(cell.Steps) == 0 {
		cell.Verdict, cell.Reason = verdict.Unsupported, "this kernel is not asked: none of the object's programs is for it"
	}
	return cell
}

// step returns what was seen of one program.
func (j judge) step(r verify.Result, v kernel.Version) verdict.Step {
	step := verdict.Step{Name: cmp.Or(r.Program, r.Object), Expected: verify.Accepted, Seen: seen(r), Seconds: r.Load, Log: details(r)}
	if r.Preset != "" {
		step.Name += " with preset " + r.Preset
	}
	if j.Loader == verify.Both {
		step.Name += " (" + r.Loader + ")"
	}
	if r.Expect != nil {
		return expected(step, r)
	}
	if r.Warning != "" {
		step.Notes = strings.Split(r.Warning, "\n")
	}
	wanted := j.expected(r, v)
	if len(wanted) > 0 {
		step.Expected = ""
	}
	for i, w := range wanted {
		step.Expected += strings.Repeat(", or ", min(i, 1)) + w.String()
	}
	step.Verdict = verdictOf(r, wanted)
	j.budget(&step, r)
	return step
}

// expected returns the step of a program that its annotations judge, its checks in the log.
func expected(step verdict.Step, r verify.Result) verdict.Step {
	e := r.Expect
	step.Expected, step.Seen, step.Log = e.Expected, e.Seen, ""
	if e.Description != "" {
		step.Notes = append(step.Notes, e.Description)
	}
	switch e.Verdict {
	case verify.Pass:
		step.Verdict = verdict.Pass
	case verify.Unsupported:
		step.Verdict = verdict.Unsupported
	case verify.Infra:
		step.Verdict = verdict.Infra
	default:
		step.Verdict = verdict.Fail
	}
	for _, c := range e.Checks {
		step.Log += fmt.Sprintf("%s: expected %s; seen %s\n", c.Tag, c.Expected, c.Seen)
	}
	if r.Log != "" {
		step.Log += "log: " + r.Log + "\n"
	}
	return step
}

// budget fails a step whose program is over its budget.
func (j judge) budget(step *verdict.Step, r verify.Result) {
	for _, o := range j.over[programOn{r.Object, r.Program, r.Preset, r.Kernel}] {
		if step.Verdict == verdict.Pass {
			step.Verdict, step.Expected, step.Seen = verdict.Fail, fmt.Sprintf("%s at most %d", o.Measure, o.Limit), fmt.Sprintf("%s %d", o.Measure, o.Value)
		}
	}
}

// verdictOf judges a program by what is wanted of it.
func verdictOf(r verify.Result, wanted []Rejection) verdict.Verdict {
	switch r.Verdict {
	case verify.Infra:
		return verdict.Infra
	case verify.Unsupported, verify.Optional, verify.Undecided:
		return verdict.Unsupported
	}
	if len(wanted) == 0 && r.Accepted {
		return verdict.Pass
	}
	for _, w := range wanted {
		if w.holds(r) {
			return verdict.Pass
		}
	}
	return verdict.Fail
}

// seen says in one line what became of a program.
func seen(r verify.Result) string {
	switch {
	case r.Infra != "":
		return r.Infra
	case r.Accepted && r.Insns > 0:
		return fmt.Sprintf("%s, %d instructions", r.Verdict, r.Insns)
	case r.Reason != nil:
		return fmt.Sprintf("%s: %s: %s", r.Verdict, r.Reason.Code, r.Reason.Text)
	}
	return r.Verdict
}

// details says where and what to do about it.
func details(r verify.Result) string {
	if r.Reason == nil {
		return ""
	}
	out := ""
	for _, line := range []struct{ name, text string }{{"at", r.Reason.Line}, {"do", r.Reason.Fix}, {"said", r.Reason.Message}, {"log", r.Log}} {
		if line.text != "" {
			out += line.name + ": " + line.text + "\n"
		}
	}
	return out
}

// Judge turns the record of a command on a kernel into one that says whether that was
// expected, and gives it the command's name. plain reports whether the command ended by itself.
func (c Command) Judge(cell *verdict.Cell, v kernel.Version, plain bool) {
	cell.Lab = c.Name
	if c.Fails.IsZero() || !c.Fails.Contains(v) || len(cell.Steps) == 0 {
		return
	}
	step := &cell.Steps[len(cell.Steps)-1]
	switch {
	case cell.Verdict == verdict.Pass:
		step.Verdict = verdict.Fail
		cell.Reason = "it succeeds, and is expected to fail on " + c.Fails.String()
	case cell.Verdict == verdict.Fail && plain && cell.Splat == "":
		step.Verdict, cell.Reason = verdict.Pass, ""
	default:
		return
	}
	cell.Verdict, step.Expected = step.Verdict, "a failure"
}

// JudgeRunTimes judges how long runs of a command's programs took. Where the command is expected to
// fail, nothing is.
func (c Command) JudgeRunTimes(v kernel.Version, seen []verdict.RunTime, lacking string) (all []verdict.Check) {
	if !c.Fails.IsZero() && c.Fails.Contains(v) {
		return nil
	}
	for _, want := range c.RunTimes {
		all = append(all, session.JudgeRunTime(want, seen, lacking))
	}
	return all
}
