package lab

import (
	"slices"
	"time"

	"github.com/bpflab/bpflab/harness/document"
)

// Grammar returns what lab documents may hold, for other documents that have checks.
func Grammar() document.Grammar { return grammar }

// ObjectName is the name of the object that a lab of [OfChecks] loads.
const ObjectName = "object"

// OfChecks returns a lab without a text: one step, which loads the programs that checks run
// on packets, attaches none, and makes the checks. Mistakes go to p, at the places that the
// checks' values have by their paths, as in "checks[0].map.name".
func OfChecks(name string, checks []Check, places map[string]document.Place, p *document.Problems) *Lab {
	step := Step{Name: name, Title: name, Comment: 1, Action: Action{Repeat: 1, Checks: checks}}
	for i, c := range checks {
		step.Checks[i].Line = places["checks"].Line
		if c.TestRun != nil && !slices.Contains(step.Load, c.TestRun.Program) {
			step.Load = append(step.Load, c.TestRun.Program)
			step.Attach = append(step.Attach, Attach{Program: c.TestRun.Program, None: true})
		}
	}
	l := &Lab{Name: name, Header: Header{Title: name, Program: ObjectName, Memory: 256 * MiB, CPUs: 1, Timeout: time.Minute}, UsualTimeout: true, Steps: []Step{step}}
	v := &stepValidator{p, l, &l.Steps[0], places}
	if len(step.Load) == 0 {
		v.fail("checks", "add a test_run", "none of the checks runs a program")
	}
	v.validate()
	return l
}

// Reseed gives the checks with fuzz another seed.
func (l *Lab) Reseed(seed int64) {
	for _, s := range l.Steps {
		for _, c := range s.Checks {
			if c.TestRun != nil {
				c.TestRun.Seed = int(seed)
			}
		}
	}
}
