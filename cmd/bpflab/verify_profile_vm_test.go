package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
)

// The log of an accepted program accounts for exactly the instructions that the kernel says it
// processed, line by line, on kernels with all forms of the log; one of many megabytes is
// counted in the machine, in a part of that memory.
func TestVerifyProfile(t *testing.T) {
	needVMs(t)
	object := compiledFor(t, "bpf", "profile.bpf", "-mcpu=v1", "-DLOOP", "-DROUNDS=20000")
	page := filepath.Join(t.TempDir(), "page.html")
	kernels := []string{oldKernel, "6.1", newKernel, latestKernel}
	results := verified(t, verdict.ExitOK, object, "--profile", "--loader", "cilium", "--html", page, "--kernel", strings.Join(kernels, ","))
	for _, kernel := range kernels {
		for _, program := range []string{"calls", "loop"} {
			checkProfile(t, results[program+" "+kernel])
		}
		if r := results["loop "+kernel]; r.Insns < 100_000 {
			t.Errorf("on %s the loop has %d instructions", kernel, r.Insns)
		}
		if r := results["calls "+kernel]; r.Profile != nil && len(r.Profile.Functions) != 3 {
			t.Errorf("%+v", r.Profile.Functions)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil || strings.Count(string(text), "<svg") != 2*len(kernels) || !strings.Contains(string(text), "if (skb-&gt;protocol == 3)") {
		t.Errorf("the page lacks heat maps: %v", err)
	}
}

// checkProfile checks that all of a program's instructions are counted, and stand in lines,
// functions and chains of calls.
func checkProfile(t *testing.T, r verify.Result) {
	t.Helper()
	p := r.Profile
	if p == nil || !p.Whole() || p.Partial != "" || p.Processed != r.Insns {
		t.Errorf("%s on %s: %d instructions, %+v", r.Program, r.Kernel, r.Insns, p)
		return
	}
	lines, functions, chains := p.LinesLeftOut, 0, p.ChainsLeftOut
	for _, l := range p.Lines {
		lines += l.Insns
		if l.Insns > 0 && (l.Line == 0 || !strings.HasSuffix(l.File, "profile.bpf.c")) {
			t.Errorf("%s on %s: %+v", r.Program, r.Kernel, l)
		}
	}
	for _, f := range p.Functions {
		functions += f.Insns
	}
	for _, c := range p.Chains {
		chains += c.Insns
	}
	if lines != p.Counted || functions != p.Counted || chains != p.Counted || p.Unplaced != 0 {
		t.Errorf("%s on %s: of %d instructions %d are in lines, %d in functions, %d in chains, %d unplaced", r.Program, r.Kernel, p.Counted, lines, functions, chains, p.Unplaced)
	}
}
