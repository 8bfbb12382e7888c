package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// gotest is a module with tests, which is not part of this one.
const gotestDir = "testdata/exec/gotest"

// tested runs bpflab test in the module's directory.
func tested(t *testing.T, env []string, args ...string) (outcome, verdict.Result) {
	t.Helper()
	dir := t.TempDir()
	cmd, out := prepared(t, append([]string{"test", "--dir", dir}, args...)...)
	cmd.Dir, cmd.Env = gotestDir, append(os.Environ(), env...)
	o := out(cmd.Run())
	var r verdict.Result
	if text, err := os.ReadFile(filepath.Join(dir, "result.json")); err == nil {
		if err := json.Unmarshal(text, &r); err != nil {
			t.Error(err)
		}
	}
	return o, r
}

// stepsOf returns the tests of a cell, by name.
func stepsOf(r verdict.Result, kernel string) map[string]verdict.Step {
	by := map[string]verdict.Step{}
	for _, c := range r.Cells {
		for _, s := range c.Steps {
			if c.Kernel.Selector == kernel {
				by[s.Name] = s
			}
		}
	}
	return by
}

func TestGoTests(t *testing.T) {
	needVMs(t)
	junit := filepath.Join(t.TempDir(), "junit.xml")
	o, r := tested(t, nil, "--kernel", "5.10,6.1", "--env", "STRICT=1", "--junit", junit, "./...")
	o.want(t, verdict.ExitFail)
	if s := stepsOf(r, "6.1"); s["TestNothing"].Verdict != verdict.Pass || s["TestData"].Verdict != verdict.Pass || s["TestOnlyNew"].Verdict != verdict.Pass {
		t.Errorf("6.1: %+v", s)
	}
	s := stepsOf(r, "5.10")
	if s["TestNothing"].Verdict != verdict.Unsupported || !strings.Contains(s["TestNothing"].Seen, "not on this kernel") {
		t.Errorf("skipped: %+v", s["TestNothing"])
	}
	if s["TestOnlyNew"].Verdict != verdict.Fail || !strings.Contains(s["TestOnlyNew"].Log, "not on 5.10.") {
		t.Errorf("failed: %+v", s["TestOnlyNew"])
	}
	for _, want := range []string{"5.10 | --- FAIL: TestOnlyNew", "6.1  | ok  \texample.com/gotest"} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("no %q in\n%s", want, o.stdout)
		}
	}
	text, err := os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(text, new(struct{})); err != nil {
		t.Errorf("junit: %v", err)
	}
}

func TestGoTestCoverage(t *testing.T) {
	needVMs(t)
	profile := filepath.Join(t.TempDir(), "cover.out")
	o, _ := tested(t, nil, "--kernel", "5.10,6.1", "-coverprofile", profile, "-run", "TestAdd|TestNothing", ".")
	o.want(t, verdict.ExitOK)
	text, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	// 5.10 skips the test that takes the shorter way, 6.1 does not.
	if lines := strings.Split(strings.TrimSpace(string(text)), "\n"); len(lines) != 4 || lines[0] != "mode: set" || strings.Contains(string(text), " 0\n") {
		t.Errorf("profile:\n%s", text)
	}
}

func TestGoTestJSON(t *testing.T) {
	needVMs(t)
	o, _ := tested(t, nil, "--kernel", "6.1", "-json", "-run", "TestAdd", "-count=2", ".")
	o.want(t, verdict.ExitOK)
	passes := 0
	for line := range strings.Lines(o.stdout) {
		var e struct{ Kernel, Action, Test string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if e.Kernel != "6.1" {
			t.Errorf("no kernel in %s", line)
		}
		if e.Action == "pass" && e.Test == "TestAdd" {
			passes++
		}
	}
	if passes != 2 {
		t.Errorf("TestAdd passed %d times, want 2", passes)
	}
}

// A test that hangs ends with its goroutines' stacks; one that panics one kernel
// leaves the other cell as it is.
func TestGoTestHangsAndCrashes(t *testing.T) {
	needVMs(t)
	o, r := tested(t, nil, "--kernel", "6.1", "--env", "HANG=1", "-timeout", "2s", "-run", "TestHang", ".")
	o.want(t, verdict.ExitFail)
	if s := stepsOf(r, "6.1")["TestHang"]; s.Verdict != verdict.Fail || !strings.Contains(o.stdout, "goroutine ") || !strings.Contains(o.stdout, "test timed out after 2s") {
		t.Errorf("%+v\n%s", s, o.stdout)
	}
	o, r = tested(t, nil, "--kernel", "6.1,6.12", "--env", "CRASH=6.12", ".")
	o.want(t, verdict.ExitFail)
	for _, c := range r.Cells {
		crashed := c.Kernel.Selector == "6.12"
		if crashed != (c.Verdict == verdict.Fail) || crashed != strings.Contains(c.Splat, "sysrq triggered crash") {
			t.Errorf("%s: %s %s %q", c.Kernel.Selector, c.Verdict, c.Reason, c.Splat)
		}
	}
	if s := stepsOf(r, "6.12")["TestPanicKernel"]; s.Verdict != verdict.Fail || !strings.Contains(s.Seen, "kernel panic") {
		t.Errorf("the test that crashed: %+v", s)
	}
}

// Benchmarks are run and reported, and one that fails is a failure. Where no test is
// left on any kernel, that is no success.
func TestGoTestBenchmarks(t *testing.T) {
	needVMs(t)
	junit := filepath.Join(t.TempDir(), "junit.xml")
	o, r := tested(t, nil, "--kernel", "5.10,6.1", "--junit", junit, "-run", "^$", "-bench", "Add", "-benchtime", "10x", "-benchmem", ".")
	o.want(t, verdict.ExitOK)
	for _, kernel := range []string{"5.10", "6.1"} {
		if s := stepsOf(r, kernel)["BenchmarkAdd"]; s.Verdict != verdict.Pass || s.Metrics["ns/op"] <= 0 || s.Metrics["sums/op"] != 1 {
			t.Errorf("%s: %+v", kernel, s)
		}
	}
	text, err := os.ReadFile(junit)
	if err != nil || !strings.Contains(string(text), "sums/op") || !strings.Contains(o.stdout, "6.1  | BenchmarkAdd") || !strings.Contains(o.stderr, "sums/op") {
		t.Errorf("%v\n%s\n%s%s", err, text, o.stdout, o.stderr)
	}
	o, r = tested(t, nil, "--kernel", "6.1", "--env", "FAIL=1", "-run", "^$", "-bench", "Add", "-benchtime", "10x", ".")
	o.want(t, verdict.ExitFail)
	if s := stepsOf(r, "6.1")["BenchmarkAdd"]; s.Verdict != verdict.Fail || !strings.Contains(o.stdout, "0 passed, 1 failed") {
		t.Errorf("%+v\n%s", s, o.stdout)
	}
	o, _ = tested(t, nil, "--kernel", "6.1", "-run", "NoSuchTest", ".")
	o.want(t, verdict.ExitUsage)
	if !strings.Contains(o.stderr, "no tests were run") {
		t.Error(o.stderr)
	}
}

func TestGoTestUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown flag":    {[]string{"-nosuch", "."}, verdict.ExitUsage, "-nosuch is no flag of go test"},
		"value missing":   {[]string{"-run"}, verdict.ExitUsage, "-run wants a value"},
		"bad timeout":     {[]string{"-timeout", "soon", "."}, verdict.ExitUsage, "-timeout soon"},
		"no such package": {[]string{"./nosuch"}, verdict.ExitFail, "nosuch"},
		"does not build":  {[]string{"-tags", "x", "-ldflags=-nosuch", "."}, verdict.ExitFail, "nosuch"},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := tested(t, nil, test.args...)
			o.want(t, test.code)
			if !strings.Contains(o.stderr, test.says) {
				t.Errorf("no %q in %s", test.says, o.stderr)
			}
		})
	}
}

// bpflab exec is what go test runs binaries with.
func TestGoTestExec(t *testing.T) {
	needVMs(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(t.TempDir(), "cover.out")
	cmd := exec.Command("go", "test", "-count=1", "-exec", path+" exec --kernel 6.1 --", "-coverprofile", profile, "./...")
	cmd.Dir = gotestDir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "ok") || !strings.Contains(string(out), "100.0% of statements") {
		t.Errorf("%v\n%s", err, out)
	}
}
