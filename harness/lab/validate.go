package lab

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/bpflab/bpflab/harness/document"
)

// validate checks the rules that concern more than a single key.
func (d *draft) validate() {
	if d.header != nil {
		d.validateHeader()
	}
	d.inside()
	checks := false
	for i := range d.lab.Steps {
		s := &d.lab.Steps[i]
		checks = checks || s.Comment > 0
		if d.steps[i] != nil {
			v := &stepValidator{d.Problems, d.lab, s, d.steps[i]}
			v.validate()
		}
	}
	if !checks && d.header != nil {
		d.Add(document.At(1, 1), "give a step a bpflab comment with checks", "no step of this lab does or checks anything")
	}
}

func (d *draft) validateHeader() {
	h := d.lab.Header
	if h.Program != "" && h.Starter == "" {
		d.Add(d.header["program"], "name the file the student begins with", "the front matter has a program and no starter")
	}
	if h.Starter != "" && h.Program == "" {
		d.Add(d.header["starter"], "name the solution's file as program", "the front matter has a starter and no program")
	}
	for i, n := range h.Needs {
		if slices.ContainsFunc(h.Needs[:i], func(o Need) bool { return o.Config == n.Config }) {
			d.Add(d.header[fmt.Sprintf("needs[%d]", i)], "keep one", "needs names %s twice", n.Config)
		}
	}
}

// stepValidator validates the comment of one step.
type stepValidator struct {
	*document.Problems
	lab    *Lab
	step   *Step
	places map[string]document.Place
}

// fail reports a mistake, unless one was found at this place before: what one
// key alone got wrong need not be held against the others.
func (v *stepValidator) fail(path, hint, format string, args ...any) {
	at, ok := v.places[path]
	if !ok {
		at = v.places[""]
	}
	if !v.Reported(at) {
		v.Add(at, hint, format, args...)
	}
}

// has reports whether a key is given, with a right value or a wrong one.
func (v *stepValidator) has(path string) bool {
	_, ok := v.places[path]
	return ok
}

func (v *stepValidator) validate() {
	s := v.step
	loads := s.Loads(v.lab)
	busy := loads || len(s.Run) > 0 || v.has("probe") || v.has("send")
	if v.has("checks") && !busy {
		v.fail("checks", "give it commands in an sh block, a program or a probe", "the step has checks and nothing to do")
	}
	v.needsNetwork()
	v.needsCommands()
	v.attach(loads)
	for i, p := range s.Probes {
		v.probe(fmt.Sprintf("probe[%d]", i), p)
	}
	if s.When != nil && s.When.IsZero() {
		v.fail("when", "", "when is empty")
	}
	for i := range s.Checks {
		c := &checkValidator{v, fmt.Sprintf("checks[%d]", i), &s.Checks[i], loads}
		c.validate()
	}
}

const addNetwork = `add "network: true"`

func (v *stepValidator) needsNetwork() {
	for _, key := range []string{"in", "send"} {
		if v.has(key) && !v.step.Network {
			v.fail(key, addNetwork, "%s needs the step's network", key)
		}
	}
}

func (v *stepValidator) needsCommands() {
	for _, key := range []string{"in", "repeat"} {
		if v.has(key) && len(v.step.Run) == 0 {
			v.fail(key, "put the commands in an ```sh block of the step", "%s is for commands, and the step has none", key)
		}
	}
}

func (v *stepValidator) attach(loads bool) {
	for _, key := range []string{"load", "attach"} {
		if v.has(key) && !loads {
			v.fail(key, "name a C file as program", "%s is for programs, and the step loads none", key)
		}
	}
	for i, a := range v.step.Attach {
		path := fmt.Sprintf("attach[%d]", i)
		v.isLoaded(document.Join(path, "program"), a.Program)
		if slices.ContainsFunc(v.step.Attach[:i], func(o Attach) bool { return o.Program == a.Program }) {
			v.fail(path, "keep one", "attach names %q twice", a.Program)
		}
		if slices.Contains(namespaces, a.To) && !v.step.Network {
			v.fail(document.Join(path, "to"), addNetwork, "the interface %s needs the step's network", a.To)
		}
	}
}

// isLoaded wants a program that is named to be one that load lists.
func (v *stepValidator) isLoaded(path, program string) {
	if program != "" && len(v.step.Load) > 0 && !slices.Contains(v.step.Load, program) {
		v.fail(path, document.DidYouMean(program, v.step.Load), "the step does not load the program %q", program)
	}
}

func (v *stepValidator) probe(path string, p Probe) {
	n := document.Join(path, "n")
	switch {
	case p.Kind == "back_edge" && v.has(n):
		v.fail(n, "leave it out", "a back_edge probe has no n")
	case p.Kind == "back_edge" || p.Kind == "":
	case !v.has(n):
		v.fail(path, "", "a %s probe needs n", p.Kind)
	case p.Kind == "straight_line" && p.N == 1:
		v.fail(n, "", "n is 1: a program has at least 2 instructions")
	case p.Kind == "stack" && p.N < 8:
		v.fail(n, "", "n is %d: the write takes 8 bytes", p.N)
	}
}

// pattern reports a regular expression that does not compile.
func (v *stepValidator) pattern(path, expr string) {
	if _, err := regexp.Compile(expr); err != nil {
		v.fail(path, "", "%s: %v", document.Last(path), err)
	}
}
