package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
)

// The variants of these tests.
const (
	lockedKernel       = "6.12+lockdown=confidentiality"
	interpretingKernel = "6.12+jit=off+mem=512M"
	cgroup1Kernel      = "6.12+cgroup1"
	openKernel         = "6.12+unprivileged+hardened"
	preemptKernel      = "5.10+preempt" // it has no CONFIG_PREEMPT_DYNAMIC
)

// Each variant is seen in the guest, and one that a kernel cannot have is refused with the
// option that it lacks.
func TestVariantsInTheGuest(t *testing.T) {
	needVMs(t)
	const look = `cd /proc/sys; cat net/core/bpf_jit_enable net/core/bpf_jit_harden kernel/unprivileged_bpf_disabled
		grep -o '\[.*\]' /sys/kernel/security/lockdown; grep -c cgroup2 /proc/mounts; ls -d /sys/fs/cgroup/pids; awk '/MemTotal/ { print $2 < 524288 }' /proc/meminfo`
	kernels := []string{lockedKernel, interpretingKernel, cgroup1Kernel, openKernel, preemptKernel}
	o := bpflab(t, "exec", "--json", filepath.Join(t.TempDir(), "result.json"), "--mem", "1G", "--kernel", strings.Join(kernels, ","), "--", "sh", "-c", look)
	want := map[string][]string{
		lockedKernel:       {"1", "0", "2", "[confidentiality]", "1", "0"},
		interpretingKernel: {"0", "0", "2", "1", "1"},
		cgroup1Kernel:      {"1", "0", "2", "0", "/sys/fs/cgroup/pids", "0"},
		openKernel:         {"1", "2", "0", "1", "0"},
	}
	seen := map[string][]string{}
	for line := range strings.Lines(o.stdout) {
		if name, text, ok := strings.Cut(line, "|"); ok {
			name = strings.TrimSpace(name)
			seen[name] = append(seen[name], strings.TrimSpace(text))
		}
	}
	for name, lines := range want {
		if got := strings.Join(seen[name], " "); got != strings.Join(lines, " ") {
			t.Errorf("%s: %s, want %s", name, got, strings.Join(lines, " "))
		}
	}
	if len(seen[preemptKernel]) > 0 || !strings.Contains(o.stderr, "cannot have +preempt") || !strings.Contains(o.stderr, "CONFIG_PREEMPT_DYNAMIC") {
		t.Errorf("%s: %v\n%s", preemptKernel, seen[preemptKernel], o.stderr)
	}
}

// The verdicts of labs and programs are those of the variant.
func TestVerdictsOnVariants(t *testing.T) {
	needVMs(t)
	kernels := strings.Join([]string{lockedKernel, interpretingKernel, preemptKernel}, ",")
	results := verified(t, verdict.ExitFail, compiled(t, "reads.bpf"), "--kernel", kernels)
	for _, program := range []string{"reads", "quiet"} {
		if r := results[program+" "+interpretingKernel]; !r.Accepted || r.JitedLen != 0 || r.XlatedLen == 0 {
			t.Errorf("%s without a JIT: %s, %d bytes of machine code", program, r.Verdict, r.JitedLen)
		}
		if r := results[program+" "+preemptKernel]; r.Verdict != verify.Unsupported || r.Reason == nil || !strings.Contains(r.Reason.Text, "CONFIG_PREEMPT_DYNAMIC") {
			t.Errorf("%s on a kernel without the option: %+v", program, r)
		}
	}
	if r := results["reads "+lockedKernel]; r.Verdict != verify.Rejected || r.Reason == nil || r.Reason.Code != "lockdown" {
		t.Errorf("a program that lockdown forbids: %s, %+v", r.Verdict, r.Reason)
	}
	if r := results["quiet "+lockedKernel]; !r.Accepted || r.JitedLen == 0 {
		t.Errorf("a program that lockdown allows: %s, %d bytes of machine code", r.Verdict, r.JitedLen)
	}

	o := bpflab(t, "run", "verifier-limits", "cgroup-connect", "--kernel", cgroup1Kernel+","+openKernel)
	got := map[string]verdict.Cell{}
	for _, c := range o.result.Cells {
		got[c.Lab+" "+c.Kernel.Selector] = c
	}
	for _, cell := range []string{"verifier-limits " + openKernel, "cgroup-connect " + openKernel, "verifier-limits " + cgroup1Kernel} {
		if got[cell].Verdict != verdict.Pass {
			t.Errorf("%s: %s, %s", cell, got[cell].Verdict, got[cell].Reason)
		}
	}
	c := got["cgroup-connect "+cgroup1Kernel]
	if c.Verdict != verdict.Fail || len(c.Steps) == 0 || !strings.Contains(c.Steps[len(c.Steps)-1].Seen, "no cgroup2") || c.Kernel.Variant != "cgroup1" {
		t.Errorf("control groups of version 1: %s, %+v", c.Verdict, c.Steps)
	}
}
