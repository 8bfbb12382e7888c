package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// PacketTest runs programs of an object on packets, and checks what comes out.
type PacketTest struct {
	Name   string       `yaml:"name"`
	Object string       `yaml:"object"`
	On     kernel.Range `yaml:"on"`
	Checks []lab.Check  `yaml:"checks"`

	lab *lab.Lab
}

// Lab returns the test as a lab of one step.
func (t PacketTest) Lab() *lab.Lab { return t.lab }

// Basis returns what the file says of the test, wherever it says so: two that are equal in
// depth are the same test.
func (t PacketTest) Basis() PacketTest {
	t.lab, t.Checks = nil, slices.Clone(t.Checks)
	for i := range t.Checks {
		t.Checks[i].Line = 0
	}
	return t
}

// packets makes labs of the tests.
func (v *validator) packets() {
	for i := range v.Packets {
		t := &v.Packets[i]
		at := fmt.Sprintf("packets[%d]", i)
		if slices.ContainsFunc(v.Packets[:i], func(o PacketTest) bool { return o.Name == t.Name }) {
			v.fail(at+".name", "give one of them another name", "there are two packet tests named %q", t.Name)
		}
		for n, c := range t.Checks {
			if c.TestRun == nil && c.RunTime == nil && c.Map == nil && c.Event == nil {
				v.fail(fmt.Sprintf("%s.checks[%d]", at, n), "", "a packet test has no check %s: want test_run, run_time, map or event", c.Kind())
			}
		}
		t.lab = lab.OfChecks(t.Name, t.Checks, v.below(at), v.problems)
	}
}

// below returns the places of the values below a path, by the rest of their paths.
func (v *validator) below(path string) map[string]document.Place {
	out := map[string]document.Place{"": v.places[path]}
	for whole, at := range v.places {
		if rest, ok := strings.CutPrefix(whole, path+"."); ok {
			out[rest] = at
		}
	}
	return out
}

// CheckPackets returns a mistake if the packet test with an index names a program that its
// object has not.
func (p *Project) CheckPackets(index int, o *verify.Object) error {
	var names []string
	for _, program := range o.Programs {
		names = append(names, program.Name)
	}
	for i, c := range p.Packets[index].Checks {
		if c.TestRun != nil && !slices.Contains(names, c.TestRun.Program) {
			at := fmt.Sprintf("packets[%d].checks[%d].test_run.program", index, i)
			return p.Mistake(at, document.DidYouMean(c.TestRun.Program, names), "%s has no program %s", p.Packets[index].Object, c.TestRun.Program)
		}
	}
	return nil
}
