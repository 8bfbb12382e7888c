package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/limits"
	"github.com/bpflab/bpflab/harness/verdict"
)

// measured returns the limits, by name, user and kernel.
func measured(t *testing.T, args ...string) map[string]limits.Limit {
	t.Helper()
	dir := t.TempDir()
	file, plot := filepath.Join(dir, "l.json"), filepath.Join(dir, "l.svg")
	bpflab(t, append([]string{"limits", "--json", file, "--svg", plot, "--dir", dir}, args...)...).want(t, verdict.ExitOK)
	var report limits.Report
	readJSON(t, file, &report)
	by := map[string]limits.Limit{}
	for _, l := range report.Limits {
		who := " user "
		if l.Privileged {
			who = " root "
		}
		by[l.Name+who+l.Kernel] = l
	}
	if text, err := os.ReadFile(plot); err != nil || !strings.HasPrefix(string(text), "<svg ") {
		t.Errorf("the plot has %d bytes, error %v", len(text), err)
	}
	return by
}

// wanted is a limit of kernel/bpf/verifier.c: what is accepted, and what is said to
// one more. 0 is none.
type wanted struct {
	accepted int
	says     string // errno and message
}

func wantLimits(t *testing.T, got map[string]limits.Limit, kernel string, want map[string]wanted) {
	t.Helper()
	for name, w := range want {
		l := got[name+" "+kernel]
		status, rejected := limits.Measured, w.accepted+1
		if w.accepted == 0 {
			status = limits.None
		}
		switch {
		case l.Status != status || !strings.Contains(l.Errno+": "+l.Message, w.says):
			t.Errorf("%s on %s: %+v", name, kernel, l)
		case l.Rejected == nil || w.accepted > 0 && (*l.Accepted != w.accepted || *l.Rejected != rejected):
			t.Errorf("%s on %s: accepted %v, rejected %v", name, kernel, l.Accepted, l.Rejected)
		}
	}
}

func TestLimits(t *testing.T) {
	needVMs(t)
	got := measured(t, "--kernel", "5.10")
	wantLimits(t, got, "5.10", map[string]wanted{
		"program_insns root": {1_000_000, "E2BIG: "}, "program_insns user": {4096, "E2BIG: "},
		"processed_insns root": {1_000_000, "Processed 1000001 insn"}, "processed_insns user": {1_000_000, "Processed 1000001 insn"},
		"bounded_loop_iterations root": {499_999, "too large"}, "back_edge user": {0, "back-edge"},
		"jump_sequence root": {8192, "sequence of 8193 jumps"}, "stack_bytes root": {512, "off=-513"},
		"stack_bytes_total root": {512, "combined stack size"}, "call_depth root": {8, "9 frames"}, "call_depth user": {0, "EPERM"},
		"subprograms root": {256, "too many subprograms"}, "tail_calls root": {33, "falls through"}, "tail_calls user": {33, "falls through"},
		"stack_bytes_total_kprobe root": {512, "combined stack size"}, "stack_bytes_total_fentry root": {512, "combined stack size"},
		"bpf_loop_iterations root": {0, "unknown#181"}, "map_key_bytes root": {512, "E2BIG"},
	})
	if l := got["back_edge root 5.10"]; l.Status != limits.Unlimited {
		t.Errorf("back edges on 5.10: %+v", l)
	}
	if l := got["jump_sequence user 5.10"]; l.Status != limits.Hidden || l.Errno != "E2BIG" {
		t.Errorf("jumps of a user on 5.10, where the size of programs comes first: %+v", l)
	}
}

// The kernel's words change: what is said in short in 5.10 is a page in 7.3.
func TestLimitsOfNewKernels(t *testing.T) {
	needVMs(t)
	got := measured(t, "--kernel", "6.12,latest", "--only", "program_insns,stack_bytes,subprograms,bpf_loop_iterations,back_edge,jump_sequence,stack_bytes_total*")
	for _, kernel := range []string{"6.12", "latest"} {
		wantLimits(t, got, kernel, map[string]wanted{
			"program_insns root": {1_000_000, "E2BIG: "}, "program_insns user": {4096, "E2BIG: "}, "stack_bytes user": {512, "off=-513"},
			"subprograms root": {256, "too many subprograms"}, "bpf_loop_iterations root": {1 << 23, "E2BIG: "},
			"bpf_loop_iterations user": {0, "cannot use helper"}, "back_edge user": {0, "back-edge"}, "jump_sequence root": {8192, "8193 jumps"},
		})
	}
	wantStacks(t, got)
}

// wantStacks wants that all functions of a program share a stack, but that those of
// tracing programs have one each on 7.2 and later.
func wantStacks(t *testing.T, got map[string]limits.Limit) {
	t.Helper()
	shared, each := wanted{512, "combined stack size"}, wanted{16 * 512, "17 frames is too deep"}
	for _, name := range []string{"", "_xdp", "_tc", "_cgroup", "_lsm", "_iter", "_syscall"} {
		for _, kernel := range []string{"6.12", "latest"} {
			wantLimits(t, got, kernel, map[string]wanted{"stack_bytes_total" + name + " root": shared})
		}
	}
	for _, name := range []string{"_kprobe", "_tracepoint", "_raw_tp", "_perf_event", "_fentry", "_fexit", "_tp_btf"} {
		wantLimits(t, got, "6.12", map[string]wanted{"stack_bytes_total" + name + " root": shared})
		wantLimits(t, got, "latest", map[string]wanted{"stack_bytes_total" + name + " root": each})
	}
}

func TestLimitsBefore52(t *testing.T) {
	needVMs(t)
	old := kernelBefore52(t)
	wantLimits(t, measured(t, "--kernel", old), old, map[string]wanted{
		"program_insns root": {4096, "E2BIG: "}, "program_insns user": {4096, "E2BIG: "},
		"processed_insns root": {131_072, "Processed 131073 insn"}, "processed_insns user": {131_072, "Processed 131073 insn"},
		"back_edge root": {0, "back-edge"}, "bounded_loop_iterations root": {0, "back-edge"}, "jump_sequence root": {1024, "too complex"},
		"stack_bytes root": {512, "off=-513"}, "call_depth root": {8, "9 frames"}, "tail_calls user": {33, "falls through"},
		"log_bytes root": {1<<24 - 1, "EINVAL"},
	})
}

func TestLimitsUsage(t *testing.T) {
	for _, args := range [][]string{{"--only", "height"}, {"extra"}, {"--provider", "host"}} {
		if code := execute(append([]string{"limits"}, args...), os.Stderr, os.Stderr); code != verdict.ExitUsage {
			t.Errorf("%q: exit code %d, want %d", args, code, verdict.ExitUsage)
		}
	}
}
