package gotest

import (
	"bytes"
	"testing"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
)

// Reports of the kernel that were expected are shown with the package that passes.
func TestPrinterShowsAllowedSplats(t *testing.T) {
	cell := verdict.Cell{Lab: "example.com/p", Kernel: verdict.Kernel{Selector: "6.1"}, Verdict: verdict.Pass,
		Steps:    []verdict.Step{{Name: "TestA", Verdict: verdict.Pass}},
		Warnings: []string{"a note", session.AllowedPrefix + "the kernel reported an error: WARNING"}}
	const splat, end = "bpflab: example.com/p on 6.1: allowed: the kernel reported an error: WARNING\n", "ok  \texample.com/p\t0.000s\t1 passed\n"
	for name, tt := range map[string]struct {
		kernels []string
		json    bool
		want    string
	}{
		"one kernel":      {[]string{"6.1"}, false, splat + end},
		"several kernels": {[]string{"6.1", "6.12"}, false, "6.1  | " + splat + "6.1  | " + end},
		"JSON":            {[]string{"6.1"}, true, ""},
	} {
		var out bytes.Buffer
		p := &Printer{W: &out, Kernels: tt.kernels, Flags: Flags{JSON: tt.json}}
		p.Package("6.1").End(cell)
		if out.String() != tt.want {
			t.Errorf("%s: %q, want %q", name, &out, tt.want)
		}
	}
}
