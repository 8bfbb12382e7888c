package session

import (
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

func TestWhatAKernelLacksIsNoFailure(t *testing.T) {
	for _, test := range []struct {
		seen, why string // why is "" for a failure
	}{
		{"by_helper: rejected, EINVAL, callbacks are not allowed in non-JITed programs", "interprets its programs"},
		{"map ring: map create: invalid argument (ring map size 4096 not a multiple of page size 65536)", "pages of 65536 bytes, and a ring buffer of 4096"},
		{"map ring: map create: invalid argument (ring map size 4000 not a multiple of page size 65536)", ""},
		{"map ring: map create: invalid argument (ring map size 100 not a multiple of page size 4096)", ""},
		{"attach hello: kernels of riscv64 that trace functions without CONFIG_KPROBES_ON_FTRACE take no return probe there: EINVAL", "take no return probe there"},
		{"by_helper: rejected, EACCES, R1 invalid mem access", ""},
	} {
		got := excuse(verdict.Step{Verdict: verdict.Fail, Expected: "x", Seen: test.seen})
		if unsupported := got.Verdict == verdict.Unsupported; unsupported != (test.why != "") || !strings.Contains(got.Seen, test.why) {
			t.Errorf("%q: %+v", test.seen, got)
		}
		if unsupported := got.Verdict == verdict.Unsupported; unsupported && reasonOf(got) != got.Seen {
			t.Errorf("the reason is %q", reasonOf(got))
		}
	}
	if got := excuse(verdict.Step{Verdict: verdict.Pass, Log: "callbacks are not allowed in non-JITed programs"}); got.Verdict != verdict.Pass {
		t.Errorf("a step that passed: %+v", got)
	}
}

// On riscv64 the programs of kprobes print nothing; elsewhere nothing is a failure.
func TestSilentKprobes(t *testing.T) {
	for _, test := range []struct {
		machine, section string
		lines            int
		want             verdict.Verdict
	}{
		{"riscv64", "kprobe/sys_getdents64", 0, verdict.Unsupported},
		{"riscv64", "kprobe/sys_getdents64", 1, verdict.Fail},
		{"riscv64", "tracepoint/sched/sched_process_exec", 0, verdict.Fail},
		{"x86_64", "kprobe/sys_getdents64", 0, verdict.Fail},
	} {
		st := &step{Session: &Session{Ready: wire.Ready{Machine: test.machine}}, checks: []lab.Check{{Trace: &lab.Trace{}}}}
		st.seen.spec = &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"p": {SectionName: test.section}}}
		st.seen.trace.Lines = make([]wire.TraceLine, test.lines)
		if got := st.excuse(verdict.Step{Verdict: verdict.Fail, Seen: "0 such of 0 lines"}); got.Verdict != test.want {
			t.Errorf("%+v: %+v", test, got)
		}
	}
}
