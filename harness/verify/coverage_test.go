package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/object"
	"github.com/bpflab/bpflab/harness/verifierlog"
)

// gatedSpec returns the program of gated that uses variables, and how many instructions it has.
func gatedSpec(t *testing.T) (program *ebpf.ProgramSpec, slots int) {
	t.Helper()
	text, err := gatedObject(t, "a.o", "one", "a").content()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := object.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	program = spec.Programs["a_reads"]
	for _, ins := range program.Instructions {
		slots += int(ins.Width())
	}
	return program, slots
}

// visited returns the result of a preset whose verification came to some instructions once.
func visited(program *ebpf.ProgramSpec, preset, kernel string, slots int, at ...int) Result {
	counts := make([]int, slots)
	for _, i := range at {
		counts[i] = 1
	}
	r := Result{Object: "a.o", Program: "a_reads", Preset: preset, Kernel: kernel, Accepted: true, Verdict: Accepted, Loader: Cilium}
	r.Profile = newProfile(verifierlog.Answer{Counts: verifierlog.Counts{Insns: counts, Processed: len(at)}, Loaded: slots}, program, len(at))
	return r
}

// What no preset reaches on any kernel is named; the second half of a wide instruction is none of
// its own.
func TestCoverage(t *testing.T) {
	program, slots := gatedSpec(t)
	var starts []int
	at := 0
	for _, ins := range program.Instructions {
		starts, at = append(starts, at), at+int(ins.Width())
	}
	last := len(starts) - 1
	rejected := Result{Object: "a.o", Program: "a_reads", Preset: "bad", Kernel: "6.1", Verdict: Rejected, Reason: &Reason{Code: "helper"}}
	partial := visited(program, "half", "6.1", slots, starts...)
	partial.Profile.Counted--
	r := Report{Results: []Result{visited(program, "x", "6.1", slots, starts[0], starts[1]), visited(program, "x", "6.12", slots, starts[2]),
		visited(program, "y", "6.1", slots, starts[3:last]...), rejected, partial}}
	all := r.Coverages()
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	c := all[0]
	if c.Insns != len(starts) || c.Reached != last || len(c.Missed) != 1 || c.Missed[0].Index != starts[last] || c.Missed[0].Text != fmt.Sprint(program.Instructions[last]) || len(c.Lines)+c.Partly != 1 {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(c.Presets, []string{"x", "y"}) || !slices.Equal(c.Without, []string{"bad: rejected on 6.1", "half: the log does not account for all instructions on 6.1"}) {
		t.Errorf("presets %q, without %q", c.Presets, c.Without)
	}
	r.Results = append(r.Results, visited(program, "bad", "6.12", slots, starts[last]))
	if c = r.Coverages()[0]; c.Reached != c.Insns || len(c.Missed)+len(c.Lines)+c.Partly != 0 || len(c.Without) != 1 {
		t.Errorf("all is reached: %+v", c)
	}
	r.Results = []Result{rejected, visited(program, "x", "6.1", slots, starts[0])}
	r.Results[1].Program = "other"
	if all = r.Coverages(); len(all) != 2 || all[0].Insns != 0 || all[0].Summary() != "nothing is counted" {
		t.Errorf("of a program that is only rejected: %+v", all)
	}
	if without := (Report{Results: []Result{visited(program, "", "6.1", slots, starts[0])}}).Coverages(); without != nil {
		t.Errorf("without presets: %+v", without)
	}
}

func TestCoverageIsShown(t *testing.T) {
	program, slots := gatedSpec(t)
	r := Report{Results: []Result{visited(program, "x", "6.1", slots)}}
	r.Results[0].Profile.Counted, r.Results[0].Profile.Processed = 1, 1 // it is whole
	r.Coverage = r.Coverages()
	var table, page strings.Builder
	if err := Table(&table, r); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"over all presets and kernels:", fmt.Sprintf("a_reads of a.o: 0 of %d instructions are reached", len(program.Instructions)), "gated.c:7", fmt.Sprintf("%d not reached", r.Coverage[0].Lines[0].Size), "return filter"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, &table)
		}
	}
	if !strings.Contains(page.String(), "0 of ") || !strings.Contains(page.String(), "What no preset reaches") {
		t.Errorf("the page:\n%s", &page)
	}
}
