package project

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// judged returns the only step of a program with a result, in a project whose entry of
// objects has these lines, and the cell.
func judged(t *testing.T, lines string, r verify.Result) (verdict.Step, verdict.Cell) {
	t.Helper()
	p, err := Parse(FileName, []byte("objects:\n  - files: [a.o]\n"+lines))
	if err != nil {
		t.Fatal(err)
	}
	version, err := kernel.ParseVersion("5.10")
	if err != nil {
		t.Fatal(err)
	}
	r.Object, r.Program, r.Kernel, r.Release = "a.o", "prog", "5.10", "5.10.0-1-amd64"
	image := kernel.Image{Selector: "5.10", Version: version}
	objects := []*verify.Object{{Name: "a.o", Programs: []verify.Program{{Name: "prog"}}}}
	if err := p.CheckRejected(0, objects); err != nil {
		t.Fatal(err)
	}
	cells := p.Cells(0, objects, []kernel.Image{image}, []verify.Result{r}, "fake")
	if len(cells) != 1 || len(cells[0].Steps) != 1 {
		t.Fatalf("%+v, want a cell with a step", cells)
	}
	return cells[0].Steps[0], cells[0]
}

func TestCells(t *testing.T) {
	loads := verify.Result{Verdict: verify.Accepted, Accepted: true, Insns: 150}
	lacks := verify.Result{Verdict: verify.Rejected, Reason: &verify.Reason{Code: "helper", Text: "Linux has it from 5.17 on", Message: "invalid func"}}
	for _, tt := range []struct {
		name, lines    string
		result         verify.Result
		want           verdict.Verdict
		expected, seen string
	}{
		{"it loads", "", loads, verdict.Pass, "accepted", "accepted, 150 instructions"},
		{"it does not", "", lacks, verdict.Fail, "accepted", "rejected: helper: Linux has it from 5.17 on"},
		{"as expected", "    rejected: [{program: pro*, reason: helper, on: '<5.17'}]\n", lacks, verdict.Pass, "rejected: helper", "rejected: helper"},
		{"by its message", "    rejected: [{message: 'from 5\\.17'}]\n", lacks, verdict.Pass, "rejected: ", "rejected: helper"},
		{"by the loader's words", "    rejected: [{reason: helper, message: invalid func}]\n", lacks, verdict.Pass, `rejected: helper, "invalid func"`, "rejected: helper"},
		{"for another reason", "    rejected: [{reason: map_type}]\n", lacks, verdict.Fail, "rejected: map_type", "rejected: helper"},
		{"for one of two", "    rejected: [{reason: map_type}, {reason: helper}]\n", lacks, verdict.Pass, "rejected: map_type, or rejected: helper", "rejected: helper"},
		{"on another kernel", "    rejected: [{reason: helper, on: '>=6.1'}]\n", lacks, verdict.Fail, "accepted", "rejected: helper"},
		{"another object", "    rejected: [{reason: helper}, {object: a.*, reason: map}]\n", lacks, verdict.Pass, "rejected: helper, or rejected: map", "rejected: helper"},
		{"it loads all the same", "    rejected: [{reason: helper}]\n", loads, verdict.Fail, "rejected: helper", "accepted, 150 instructions"},
		{"within its budget", "    budgets: {all: {insns: 150}}\n", loads, verdict.Pass, "accepted", "accepted, 150 instructions"},
		{"over its budget", "    budgets: {all: {insns: 149}}\n", loads, verdict.Fail, "insns at most 149", "insns 150"},
		{"over a kernel's budget", "    budgets: {all: {insns: 500}, kernels: [{on: '<6.0', programs: {prog: {insns: 9}}}]}\n", loads, verdict.Fail, "insns at most 9", "insns 150"},
		{"nobody was asked", "    rejected: [{reason: helper}]\n", verify.Result{Verdict: verify.Infra, Infra: "no boot"}, verdict.Infra, "rejected: helper", "no boot"},
		{"undecided", "", verify.Result{Verdict: verify.Undecided, Reason: &verify.Reason{Code: "attach_target", Text: "none"}}, verdict.Unsupported, "accepted", "undecided: attach_target: none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			step, cell := judged(t, tt.lines, tt.result)
			if step.Verdict != tt.want || cell.Verdict != tt.want || !strings.HasPrefix(step.Expected, tt.expected) || !strings.HasPrefix(step.Seen, tt.seen) {
				t.Errorf("%+v in %s, want %s, %q, %q", step, cell.Verdict, tt.want, tt.expected, tt.seen)
			}
			if (cell.Reason == "") != (tt.want == verdict.Pass) {
				t.Errorf("reason %q of %s", cell.Reason, tt.want)
			}
		})
	}
}

// With presets, a program is a step with each of them, and a rejection may name some.
func TestCellsOfPresets(t *testing.T) {
	p, err := Parse(FileName, []byte("objects:\n  - files: [a.o]\n    rejected: [{preset: slow*, reason: helper}]\n    budgets: {all: {insns: 9}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	lacks := verify.Result{Object: "a.o", Program: "prog", Kernel: "6.1", Preset: "slow one", Verdict: verify.Rejected, Reason: &verify.Reason{Code: "helper"}}
	loads := verify.Result{Object: "a.o", Program: "prog", Kernel: "6.1", Preset: "fast", Verdict: verify.Accepted, Accepted: true, Insns: 9}
	large := loads
	large.Preset, large.Insns = "large", 10
	objects := []*verify.Object{{Name: "a.o"}, {Name: "a.o"}, {Name: "a.o"}}
	cells := p.Cells(0, objects, []kernel.Image{{Selector: "6.1"}}, []verify.Result{lacks, loads, large}, "fake")
	if len(cells) != 1 || len(cells[0].Steps) != 3 {
		t.Fatalf("%+v, want a cell with three steps", cells)
	}
	for i, want := range []struct {
		name    string
		verdict verdict.Verdict
	}{{"prog with preset slow one", verdict.Pass}, {"prog with preset fast", verdict.Pass}, {"prog with preset large", verdict.Fail}} {
		if s := cells[0].Steps[i]; s.Name != want.name || s.Verdict != want.verdict {
			t.Errorf("step %+v, want %+v", s, want)
		}
	}
}

func TestRejectionOfNoProgram(t *testing.T) {
	p, err := Parse(FileName, []byte("objects:\n  - files: [a.o]\n    rejected:\n      - {program: porg, reason: helper}\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = p.CheckRejected(0, []*verify.Object{{Name: "a.o", Programs: []verify.Program{{Name: "prog"}}}})
	if err == nil || err.Error() != `bpflab.yaml:4:9: no program in these objects is porg; did you mean "prog"?` {
		t.Errorf("error %v", err)
	}
}

func TestCommandThatFails(t *testing.T) {
	p, err := Parse(FileName, []byte("commands: [{name: own, run: [x], fails: '<5.11'}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		kernel     string
		ran        verdict.Verdict
		plain      bool
		splat      string
		want       verdict.Verdict
		wantReason string
	}{
		{"5.10", verdict.Fail, true, "", verdict.Pass, ""},
		{"5.10", verdict.Pass, true, "", verdict.Fail, "expected to fail on <5.11"},
		{"5.10", verdict.Fail, false, "", verdict.Fail, "why"},   // the machine died: no failure of the command's own
		{"5.10", verdict.Fail, true, "BUG", verdict.Fail, "why"}, // the kernel reported an error
		{"5.10", verdict.Infra, false, "", verdict.Infra, "why"},
		{"6.1", verdict.Fail, true, "", verdict.Fail, "why"},
		{"6.1", verdict.Pass, true, "", verdict.Pass, ""},
	} {
		version, err := kernel.ParseVersion(tt.kernel)
		if err != nil {
			t.Fatal(err)
		}
		cell := verdict.Cell{Lab: "x", Verdict: tt.ran, Splat: tt.splat, Steps: []verdict.Step{{Name: "x", Verdict: tt.ran}}}
		if tt.ran != verdict.Pass {
			cell.Reason = "why"
		}
		p.Commands[0].Judge(&cell, version, tt.plain)
		if cell.Lab != "own" || cell.Verdict != tt.want || cell.Steps[0].Verdict != tt.want || !strings.Contains(cell.Reason, tt.wantReason) || (tt.wantReason == "") != (cell.Reason == "") {
			t.Errorf("%+v: %+v", tt, cell)
		}
	}
}
