package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

const timedProject = `packets:
  - name: as slow as it may be
    object: %[1]s
    checks:
      - test_run: {program: slow, packet: {udp: 7}, repeat: 1000, returns: XDP_PASS}
      - test_run: {program: quick, packet: {udp: 7}, repeat: 1000, returns: XDP_PASS}
      - run_time: {of: quick, against: slow, at_most: 0.9}
  - name: slower
    object: %[1]s
    checks:
      - test_run: {program: slow, packet: {udp: 7}, repeat: 1000, returns: XDP_PASS}
      - test_run: {program: quick, packet: {udp: 7}, repeat: 1000, returns: XDP_PASS}
      - run_time: {of: slow, against: quick, at_most: 1.01}
  - name: too few
    object: %[1]s
    checks:
      - test_run: {program: slow, packet: {udp: 7}, repeat: 1000, returns: XDP_PASS}
      - test_run: {program: quick, packet: {udp: 7}, repeat: 10, returns: XDP_PASS}
      - run_time: {of: slow, against: quick, at_most: 1000}
commands:
  - name: loads nothing
    run: ['true']
    run_time: [{of: slow, against: quick, at_most: 2}]
`

// Run times are compared within one run, on kernels with either switch; a kernel with none says so.
func TestRunTimes(t *testing.T) {
	needVMs(t)
	old := kernelBefore52(t)
	inProject(t, fmt.Sprintf(timedProject, compiled(t, "run_time.bpf")))
	out := filepath.Join(t.TempDir(), "check.json")
	ran := bpflab(t, "check", "--kernel", old+",5.10,6.12,latest", "--json", out, "--dir", t.TempDir())
	ran.want(t, verdict.ExitFail)
	var result verdict.Result
	readJSON(t, out, &result)
	if len(result.Cells) != 16 {
		t.Fatalf("%d cells: %s", len(result.Cells), ran.stdout)
	}
	for _, c := range result.Cells {
		step := c.Steps[len(c.Steps)-1]
		want, says := map[string]verdict.Verdict{"as slow as it may be": verdict.Pass, "slower": verdict.Fail, "too few": verdict.Fail, "loads nothing": verdict.Fail}[c.Lab],
			map[string]string{"as slow as it may be": "times as long (1000 and 1000 runs)", "slower": "times as long", "too few": "quick ran 10 times", "loads nothing": "no program slow was loaded"}[c.Lab]
		if c.Kernel.Selector == old {
			want, says = verdict.Unsupported, "Linux 5.1 brought kernel.bpf_stats_enabled"
		}
		if c.Verdict != want || !strings.Contains(step.Seen, says) {
			t.Errorf("%s on %s: %s, seen is %q, want %s and %q", c.Lab, c.Kernel.Selector, c.Verdict, step.Seen, want, says)
		}
		if c.Kernel.Selector == old || c.Lab == "loads nothing" {
			continue
		}
		emulated := c.Hypervisor != nil && c.Hypervisor.Accelerator == "tcg"
		if len(step.RunTimes) != 2 || strings.Contains(step.Seen, "emulated") != (emulated && c.Lab != "too few") {
			t.Errorf("%s on %s: emulated is %t, seen is %q, counted is %+v", c.Lab, c.Kernel.Selector, emulated, step.Seen, step.RunTimes)
		}
		for _, one := range step.RunTimes {
			if one.Emulated != emulated || one.Ratio < 1 || one.Nanoseconds == 0 || one.Runs != 1000 && c.Lab != "too few" {
				t.Errorf("%s on %s: %+v", c.Lab, c.Kernel.Selector, one)
			}
		}
	}
	if !strings.Contains(ran.stdout, "run time, as ratios: quick 1.00 (1000 runs), slow ") {
		t.Errorf("no ratios are shown:\n%s", ran.stdout)
	}
}

// --run-time counts the programs of a lab, which ran as often as it says.
func TestRunTimesOfALab(t *testing.T) {
	needVMs(t)
	o := bpflab(t, "run", "hello", "--run-time", "--kernel", "5.10,6.12")
	o.want(t, verdict.ExitOK)
	for _, c := range o.result.Cells {
		counted := 0
		for _, s := range c.Steps {
			for _, one := range s.RunTimes {
				counted += int(one.Runs)
			}
		}
		if counted == 0 {
			t.Errorf("nothing is counted on %s: %+v", c.Kernel.Selector, c.Steps)
		}
	}
	if o := bpflab(t, "run", "hello", "--kernel", "6.12"); o.result.Cells[0].Steps[0].RunTimes != nil {
		t.Error("runs are counted without --run-time")
	}
}
