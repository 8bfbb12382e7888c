package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
)

// expectations returns the results of `verify --expect`, by program and kernel.
func expectations(t *testing.T, wantCode int, args ...string) (map[string]verify.Result, outcome) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "v.json")
	o := bpflab(t, append([]string{"verify", "--expect", "--json", file, "--dir", t.TempDir()}, args...)...)
	o.want(t, wantCode)
	var report verify.Report
	readJSON(t, file, &report)
	by := map[string]verify.Result{}
	for _, r := range report.Results {
		if r.Expect == nil {
			t.Fatalf("%s on %s was not judged: %+v", r.Program, r.Kernel, r)
		}
		by[r.Program+" "+r.Kernel] = r
	}
	return by, o
}

// unsupported are the tests of expect.bpf.c that a kernel cannot judge, and a part of why.
var unsupported = map[string]map[string]string{
	"5.10": {"elsewhere": "not for amd64", "if_interpreted": "JIT is on", "linear": "linear part", "not_run": "runs no programs of this type",
		"of_a_file": "btf_path", "own_form": "there are no such programs", "prints": "other arguments", "skipped": "for later"},
	"latest": {"elsewhere": "not for amd64", "if_interpreted": "JIT is on", "not_run": "runs no programs of this type", "of_a_file": "btf_path", "skipped": "for later"},
}

// All that the annotations expect holds, on the oldest and the newest kernel, with and without
// capabilities; what a kernel cannot judge is neither a pass nor a failure.
func TestVerifyExpect(t *testing.T) {
	needVMs(t)
	results, _ := expectations(t, verdict.ExitOK, compiled(t, "expect.bpf"), "--kernel", "5.10,latest")
	if len(results) != 2*66 {
		t.Errorf("%d results", len(results))
	}
	for key, r := range results {
		why, cannot := unsupported[r.Kernel][r.Program]
		switch {
		case cannot && (r.Expect.Verdict != verify.Unsupported || !strings.Contains(r.Expect.Seen, why)):
			t.Errorf("%s: %+v, want unsupported: %s", key, *r.Expect, why)
		case !cannot && r.Expect.Verdict != verify.Pass:
			t.Errorf("%s: %+v", key, *r.Expect)
		}
	}
}

// Each kind of expectation, made wrong, fails exactly the programs that have it.
func TestVerifyExpectBroken(t *testing.T) {
	needVMs(t)
	for _, tt := range []struct {
		broken         string
		failed         []string
		expected, seen string
	}{
		{"RETVAL", []string{"returns"}, "retval 8", "7"},
		{"SUCCESS", []string{"reads_context"}, "success the kernel takes it", "the kernel refused it"},
		{"FAILURE", []string{"reads_nothing"}, "failure the kernel refuses it", "the kernel took it"},
		{"MSG", []string{"message"}, `msg "R2 !read_okay"`, `there is "R2 !read_ok"`},
		{"NOT_MSG", []string{"not_between"}, `not_msg no "(95) exit"`, `there is "1: (95) exit"`},
		{"ORDER", []string{"in_order"}, `msg "0: (b7) r0 = 0"`, "not found"},
		{"XLATED", []string{"translated_far"}, `xlated "2: r1 = 2"`, `there is "2: r1 = 1"`},
		{"JITED", []string{"compiled"}, `jited "\tleft"`, "not found"},
		{"UNPRIV", []string{"leaks @unpriv"}, `msg "R0 lent addr"`, `there is "R0 leaks addr as return value"`},
		{"FLAG", []string{"misaligned"}, "failure the kernel refuses it", "the kernel took it"},
		{"RANGE", []string{"loops"}, "failure the kernel refuses it", "the kernel took it"},
		{"STDOUT", []string{"prints"}, `stdout "word"`, `there is "world"`},
	} {
		t.Run(tt.broken, func(t *testing.T) {
			kernel := "5.10"
			if tt.broken == "STDOUT" {
				kernel = "latest" // the first of the cached ones that has streams
			}
			results, o := expectations(t, verdict.ExitFail, compiledFor(t, "bpf", "expect.bpf", "-DBREAK_"+tt.broken), "--kernel", kernel)
			var failed []string
			for _, r := range results {
				if r.Expect.Verdict != verify.Fail {
					continue
				}
				failed = append(failed, r.Program)
				if r.Expect.Expected != tt.expected || !strings.Contains(r.Expect.Seen, tt.seen) {
					t.Errorf("expected %q and seen %q, want %q and %q", r.Expect.Expected, r.Expect.Seen, tt.expected, tt.seen)
				}
			}
			if !slices.Equal(failed, tt.failed) {
				t.Errorf("failed are %q, want %q", failed, tt.failed)
			}
			if !strings.Contains(o.stdout, tt.failed[0]) || !strings.Contains(o.stdout, "1 fail") {
				t.Errorf("the table says nothing of it:\n%s", o.stdout)
			}
		})
	}
}

// Tags without numbers, as kernels before 6.12 have them, are judged in their order.
func TestVerifyExpectOldTags(t *testing.T) {
	needVMs(t)
	results, _ := expectations(t, verdict.ExitOK, compiledFor(t, "bpf", "expect.bpf", "-DOLD_TAGS"), "--kernel", "5.10", "--prog", "in_order", "--prog", "translated_far", "--prog", "returns")
	for key, r := range results {
		if r.Expect.Verdict != verify.Pass {
			t.Errorf("%s: %+v", key, *r.Expect)
		}
	}
}

// Mistakes name the program and the tag, and no machine is asked for.
func TestVerifyExpectMistakes(t *testing.T) {
	needVMs(t) // for clang
	for _, tt := range []struct {
		object string
		args   []string
		says   []string
	}{
		{compiled(t, "expect_mistakes.bpf"), nil, []string{"unknown_tag:", "did you mean test_expect_success?", `no_number: __retval(seven): "seven" is no number`, "open_pattern: __msg(", `no_range: `}},
		{compiled(t, "expect_contradicts.bpf"), []string{"--kernel", "5.10"}, []string{"both: __success and __failure contradict each other", "overlap: failure on <6.0 and success on >=5.3 <6.2 contradict each other"}},
		{compiled(t, "limits.bpf"), nil, []string{"it has no annotations"}},
		{compiled(t, "expect.bpf"), []string{"--loader", "both"}, []string{"--expect and --loader both do not go together"}},
		{compiled(t, "expect.bpf"), []string{"--attach"}, []string{"--expect and --attach"}},
	} {
		dir := filepath.Join(t.TempDir(), "results")
		o := bpflab(t, append([]string{"verify", tt.object, "--expect", "--dir", dir}, tt.args...)...)
		if o.code != verdict.ExitUsage {
			t.Errorf("exit code %d, %s", o.code, o.stderr)
		}
		for _, want := range tt.says {
			if !strings.Contains(o.stderr, want) {
				t.Errorf("%q is not in\n%s", want, o.stderr)
			}
		}
		if entries, err := os.ReadDir(filepath.Join(dir, "machines")); err == nil && len(entries) > 0 {
			t.Errorf("machines were asked for: %v", entries)
		}
	}
	// On kernels outside the ranges they do not overlap.
	object := compiledFor(t, "bpf", "expect_contradicts.bpf", "-DONLY_RANGES")
	expectations(t, verdict.ExitOK, object, "--kernel", "6.12")
}

// A project's annotations are steps, with what was expected and seen.
func TestCheckAnnotations(t *testing.T) {
	needVMs(t)
	object := compiledFor(t, "bpf", "expect.bpf", "-DBREAK_RETVAL")
	file := filepath.Join(t.TempDir(), "bpflab.yaml")
	text := fmt.Sprintf("objects:\n  - files: [%s]\n    annotations: true\n    programs: [returns, leaks, linear]\n", object)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "check.json")
	bpflab(t, "check", file, "--kernel", "5.10", "--json", out, "--dir", t.TempDir()).want(t, verdict.ExitFail)
	var result verdict.Result
	readJSON(t, out, &result)
	var got []string
	for _, s := range result.Cells[0].Steps {
		got = append(got, fmt.Sprintf("%s %s", s.Name, s.Verdict))
		if s.Name == "returns" && (s.Expected != "retval 8" || s.Seen != "7") {
			t.Errorf("%+v", s)
		}
	}
	if want := []string{"leaks pass", "leaks @unpriv pass", "linear unsupported", "returns fail"}; !slices.Equal(got, want) {
		t.Errorf("steps %q, want %q", got, want)
	}
}
