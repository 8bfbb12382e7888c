package session

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
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
