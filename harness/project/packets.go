package project

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/object"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// PacketTest runs programs of an object on packets, and checks what comes out.
type PacketTest struct {
	Name    string        `yaml:"name"`
	Object  string        `yaml:"object"`
	On      kernel.Range  `yaml:"on"`
	Timeout time.Duration `yaml:"timeout"` // 0 is a lab's
	Checks  []lab.Check   `yaml:"checks"`

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

// Captures returns the pcap files that the test names.
func (t PacketTest) Captures() (all []string) {
	for _, c := range t.Checks {
		if c.TestRun == nil {
			continue
		}
		for _, file := range []string{c.TestRun.PCAP, c.TestRun.OutPCAP} {
			if file != "" {
				all = append(all, file)
			}
		}
	}
	return all
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
		if t.Timeout > 0 {
			t.lab.Timeout, t.lab.UsualTimeout = t.Timeout, false
		}
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

// CheckPackets reads the captures of the packet test with an index. It returns a mistake if one
// cannot be read, or if the test names a program that its object has not, or that cannot be run
// so. elf is the object's.
func (p *Project) CheckPackets(index int, o *verify.Object, elf []byte) error {
	var names []string
	for _, program := range o.Programs {
		names = append(names, program.Name)
	}
	spec, err := object.Read(elf)
	if err != nil {
		return p.Mistake(fmt.Sprintf("packets[%d].object", index), "", "%v", err)
	}
	for i, c := range p.Packets[index].Checks {
		at := fmt.Sprintf("packets[%d].checks[%d].test_run", index, i)
		if c.TestRun == nil {
			continue
		}
		if !slices.Contains(names, c.TestRun.Program) {
			return p.Mistake(at+".program", document.DidYouMean(c.TestRun.Program, names), "%s has no program %s", p.Packets[index].Object, c.TestRun.Program)
		}
		if key, err := c.TestRun.ReadCaptures(os.ReadFile); err != nil {
			return p.Mistake(at+"."+key, "", "%v", err)
		}
		if err := session.CheckTestRun(spec, c.TestRun); err != nil {
			return p.Mistake(at, "", "%v", err)
		}
	}
	return nil
}
