package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/features"
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

	// What only a kernel that is open to all users passes.
	open := document(t, "", "## Open\n\n```sh\ncat /proc/sys/kernel/unprivileged_bpf_disabled\n```\n<!-- bpflab\nchecks:\n  - stdout: {equals: \"0\"}\n-->\n")
	o := bpflab(t, "run", "verifier-limits", "cgroup-connect", open, "--kernel", cgroup1Kernel+","+openKernel)
	got := map[string]verdict.Cell{}
	for _, c := range o.result.Cells {
		got[c.Lab+" "+c.Kernel.Selector] = c
	}
	for _, cell := range []string{"verifier-limits " + openKernel, "cgroup-connect " + openKernel, "verifier-limits " + cgroup1Kernel} {
		if got[cell].Verdict != verdict.Pass {
			t.Errorf("%s: %s, %s", cell, got[cell].Verdict, got[cell].Reason)
		}
	}
	own := filepath.Base(filepath.Dir(open)) + " "
	if a, b := got[own+openKernel], got[own+cgroup1Kernel]; a.Verdict != verdict.Pass || a.Kernel.Variant != "hardened+unprivileged" || b.Verdict != verdict.Fail {
		t.Errorf("a lab for a kernel that is open to all users: %s there (%+v), %s elsewhere", a.Verdict, a.Kernel, b.Verdict)
	}
	c := got["cgroup-connect "+cgroup1Kernel]
	if c.Verdict != verdict.Fail || len(c.Steps) == 0 || !strings.Contains(c.Steps[len(c.Steps)-1].Seen, "no cgroup2") || c.Kernel.Variant != "cgroup1" {
		t.Errorf("control groups of version 1: %s, %+v", c.Verdict, c.Steps)
	}
}

// Features, limits, Go tests and shells are of the variant too.
func TestOtherVerbsOnVariants(t *testing.T) {
	needVMs(t)
	file := filepath.Join(t.TempDir(), "f.json")
	bpflab(t, "features", "--kernel", lockedKernel, "--kind", "helper", "--json", file, "--dir", t.TempDir()).want(t, verdict.ExitOK)
	var found features.Report
	readJSON(t, file, &found)
	has := map[string]bool{}
	for _, f := range found.Features {
		has[f.Name] = f.Supported
	}
	if found.Kernels[0].Variant != "lockdown=confidentiality" || has["ProbeReadKernel"] || !has["ProbeReadUser"] {
		t.Errorf("features of %+v: %v, %v", found.Kernels[0], has["ProbeReadKernel"], has["ProbeReadUser"])
	}

	got := measured(t, "--kernel", openKernel, "--only", "program_insns")
	wantLimits(t, got, openKernel, map[string]wanted{"program_insns root": {1000000, "E2BIG"}, "program_insns user": {4096, "E2BIG"}})

	o, r := tested(t, nil, "--kernel", interpretingKernel, "-run", "TestAdd", ".")
	o.want(t, verdict.ExitOK)
	if len(r.Cells) != 1 || r.Cells[0].Kernel.Variant != "jit=off+mem=512M" {
		t.Errorf("tests: %+v", r.Cells)
	}

	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := newScreen(t, path+" shell --kernel "+interpretingKernel)
	s.shows(":~#")
	s.keys("echo the JIT is $(cat /proc/sys/net/core/bpf_jit_enable)", "Enter")
	s.shows("the JIT is 0")
	s.keys("exit", "Enter")
	s.shows("ended with 0")
}
