package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflab/bpflab/harness/object"
	"github.com/bpflab/bpflab/harness/verifierlog"
)

// callsSpec returns the program whose logs are in verifierlog's testdata.
func callsSpec(t *testing.T) *ebpf.ProgramSpec {
	t.Helper()
	text, err := os.ReadFile("testdata/profile/calls.o")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := object.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return spec.Programs["calls"]
}

// countsOf returns what a guest would count in a kernel's log.
func countsOf(t *testing.T, kernel string) verifierlog.Answer {
	t.Helper()
	log, err := os.ReadFile(filepath.Join("..", "verifierlog", "testdata", "calls-"+kernel+".log"))
	if err != nil {
		t.Fatal(err)
	}
	var c verifierlog.Counter
	c.Write(log)
	return verifierlog.Answer{Counts: c.Counts(), Loaded: 37}
}

// The counts by line are those of another program that reads the same logs and objects.
func TestProfileByLine(t *testing.T) {
	for kernel, want := range countedElsewhere {
		p := newProfile(countsOf(t, kernel), callsSpec(t), 0)
		if !p.Whole() || p.Partial != "" {
			t.Errorf("%s: %s", kernel, p.summary())
		}
		got := map[int]int{}
		for _, l := range p.Lines {
			got[l.Line] = l.Insns
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", kernel, got, want)
		}
	}
}

// countedElsewhere is how many instructions of each line were processed.
var countedElsewhere = map[string]map[int]int{
	"4.19": {8: 5, 10: 15, 11: 6, 12: 6, 13: 6, 15: 1, 17: 4, 19: 6, 20: 10, 21: 7, 25: 1, 27: 4, 29: 6, 30: 13, 31: 9},
	"5.10": {8: 3, 10: 15, 11: 6, 12: 6, 13: 6, 15: 1, 17: 4, 19: 6, 20: 8, 21: 6, 25: 1, 27: 4, 29: 6, 30: 9, 31: 5},
	"6.1":  {8: 3, 10: 15, 11: 6, 12: 6, 13: 6, 15: 1, 17: 4, 19: 6, 20: 8, 21: 6, 25: 1, 27: 4, 29: 6, 30: 9, 31: 5},
	"6.12": {8: 3, 10: 15, 11: 6, 12: 6, 13: 6, 15: 1, 17: 4, 19: 6, 20: 8, 21: 6, 25: 1, 27: 4, 29: 6, 30: 9, 31: 5},
	"7.3":  {8: 3, 10: 15, 11: 6, 12: 6, 13: 6, 15: 1, 17: 4, 19: 6, 20: 8, 21: 6, 25: 1, 27: 4, 29: 6, 30: 9, 31: 5},
}

func TestProfileOfFunctionsAndCalls(t *testing.T) {
	p := newProfile(countsOf(t, "6.1"), callsSpec(t), 86)
	var functions []string
	sum := 0
	for _, f := range p.Functions {
		functions = append(functions, f.Name)
		sum += f.Insns
	}
	slices.Sort(functions)
	if sum != 86 || !slices.Equal(functions, []string{"calls", "leaf", "middle"}) {
		t.Errorf("%+v", p.Functions)
	}
	var chains []string
	for _, c := range p.Chains {
		chains = append(chains, strings.Join(c.Functions, " "))
	}
	if want := []string{"calls", "calls leaf", "calls middle", "calls middle leaf"}; !slices.Equal(chains, want) {
		t.Errorf("%q, want %q", chains, want)
	}
	if len(p.Insns) == 0 || p.Insns[0].Text == "" || !strings.Contains(p.Insns[0].Line, "bpf.c:") {
		t.Errorf("%+v", p.Insns)
	}
}

// What does not add up is said, and never shown as if it did.
func TestProfileThatDoesNotAddUp(t *testing.T) {
	spec, whole := callsSpec(t), countsOf(t, "6.1")
	change := func(do func(*verifierlog.Answer)) *Profile {
		a := whole
		a.Counts.Insns = slices.Clone(a.Counts.Insns)
		do(&a)
		return newProfile(a, spec, 86)
	}
	for name, test := range map[string]struct {
		profile *Profile
		says    string
	}{
		"fewer than processed": {change(func(a *verifierlog.Answer) { a.Counts.Insns[0]-- }), "85 of them COUNTED"},
		"no end":               {change(func(a *verifierlog.Answer) { a.Processed, a.Counts.Insns[0] = 0, 0 }), "of them COUNTED"},
		"failed":               {change(func(a *verifierlog.Answer) { a.Failed = "it is too long" }), "it is too long"},
		"another program":      {change(func(a *verifierlog.Answer) { a.Loaded = 38 }), "not shown by line"},
		"no counts":            {readProfile(nil, spec, 86), "cannot be read"},
		"no program":           {newProfile(whole, nil, 86), "not shown by line"},
		"an index too high":    {change(func(a *verifierlog.Answer) { a.Counts.Insns = append(a.Counts.Insns, make([]int, 99)...) }), "not shown by line"},
	} {
		if got := test.profile.summary(); !strings.Contains(got, test.says) || strings.Contains(got, "all counted,") {
			t.Errorf("%s: %s", name, got)
		}
		if page := pageProfiles([]Result{{Profile: test.profile}}); page[0].Whole {
			t.Errorf("%s: the page says that it is whole", name)
		}
	}
}

func TestProfilesAreWritten(t *testing.T) {
	r := profiled(t, "6.1")
	var out, page bytes.Buffer
	if err := Table(&out, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"profile of calls of calls.o on 6.1: 86 instructions processed, all counted", "FUNCTION", "return skb->len & 1;", "small.bpf.c:"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if err := HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<svg class="flame"`, "<title>leaf: ", `class="h9`, "if (skb-&gt;protocol == 3)", "skb-&gt;len &amp; 1;"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in the page", want)
		}
	}
	var again bytes.Buffer
	if HTML(&again, r); !bytes.Equal(page.Bytes(), again.Bytes()) {
		t.Error("the page is another one the second time")
	}
	text, err := json.Marshal(r)
	if err != nil || len(text) > 20_000 {
		t.Errorf("%d bytes of JSON, %v", len(text), err)
	}
}

func profiled(t *testing.T, kernel string) Report {
	t.Helper()
	return Report{Results: []Result{{Object: "calls.o", Program: "calls", Kernel: kernel, Loader: Cilium, Accepted: true, Verdict: Accepted, Insns: 86,
		Profile: newProfile(countsOf(t, kernel), callsSpec(t), 86)}}}
}

// Lines that have only moved have not changed.
func TestChangedLines(t *testing.T) {
	was, now := profiled(t, "6.1"), profiled(t, "6.1")
	for i := range now.Results[0].Profile.Lines {
		now.Results[0].Profile.Lines[i].Line += 7
	}
	if got := ChangedLines(was, now); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	lines := now.Results[0].Profile.Lines
	hot := now.Results[0].Profile.hottest(1)[0]
	at := slices.Index(lines, hot)
	lines[at].Insns += 5
	lines[(at+1)%len(lines)].Text = "another line"
	got := ChangedLines(was, now)
	if len(got) != 3 || !slices.ContainsFunc(got, func(c LineChange) bool { return c.Line.Text == hot.Text && c.Line.Insns == c.WasInsns+5 }) {
		t.Errorf("%+v", got)
	}
	var out strings.Builder
	if err := WriteChangedLines(&out, got); err != nil || !strings.Contains(out.String(), "+5") || !strings.Contains(out.String(), "another line") {
		t.Errorf("%v\n%s", err, &out)
	}
	if out.Reset(); WriteChangedLines(&out, nil) != nil || out.Len() != 0 {
		t.Errorf("%q for no change", &out)
	}
}

// A report of a very large program has bounded lists, which say what they leave out.
func TestProfileIsBounded(t *testing.T) {
	const insns = 200_000
	program := &ebpf.ProgramSpec{Name: "large"}
	counts := verifierlog.Counts{Processed: 2 * insns}
	for i := range insns {
		ins := asm.Mov.Imm(asm.R0, 0)
		if i == 0 {
			ins = ins.WithSymbol("large")
		}
		program.Instructions, counts.Insns = append(program.Instructions, ins), append(counts.Insns, 2)
	}
	for i := range 3 * mostChains {
		counts.Chains = append(counts.Chains, verifierlog.Chain{Entries: []int{0, i}, Insns: 1})
	}
	p := newProfile(verifierlog.Answer{Counts: counts, Loaded: insns}, program, 0)
	if !p.Whole() || len(p.Insns) > mostInsns || p.InsnsLeftOut != 2*insns-2*mostInsns || len(p.Lines) > mostLines || len(p.Chains) > mostChains {
		t.Errorf("%s: %d instructions, %d left out, %d lines", p.summary(), len(p.Insns), p.InsnsLeftOut, len(p.Lines))
	}
}
