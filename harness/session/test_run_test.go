package session

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/wire"
)

func TestJudgeTestRun(t *testing.T) {
	drop := &lab.Return{Value: 1, Name: "XDP_DROP"}
	input := []byte{1, 2, 3}
	for _, tt := range []struct {
		name   string
		want   lab.TestRun
		result wire.TestRunResult
		ok     bool
		seen   string
	}{
		{"as wanted", lab.TestRun{Returns: drop}, wire.TestRunResult{Returned: 1}, true, "returned XDP_DROP (1)"},
		{"another", lab.TestRun{Returns: drop}, wire.TestRunResult{Returned: 2}, false, "returned XDP_PASS (2)"},
		{"negative", lab.TestRun{Returns: &lab.Return{Value: -1}}, wire.TestRunResult{Returned: 0xffffffff}, true, "returned -1"},
		{"unchanged", lab.TestRun{Same: true}, wire.TestRunResult{Out: input}, true, "3 bytes as wanted"},
		{"changed", lab.TestRun{Returns: drop, Same: true}, wire.TestRunResult{Returned: 1, Out: []byte{1, 2, 4}}, false, "returned XDP_DROP (1); a packet of 3 bytes, which differs from byte 2 on: 010204"},
		{"shorter", lab.TestRun{Same: true}, wire.TestRunResult{Out: input[:1]}, false, "a packet of 1 bytes, which differs from byte 1 on"},
		{"made", lab.TestRun{Out: lab.Hex{9}}, wire.TestRunResult{Out: []byte{9}}, true, "1 bytes as wanted"},
		{"no such packet", lab.TestRun{Returns: drop}, wire.TestRunResult{Error: "invalid argument", Errno: "EINVAL"}, false, "the packet has 3 bytes, and kernels take 14"},
		{"no such kernel", lab.TestRun{Returns: drop}, wire.TestRunResult{Error: "not supported", Lacking: true}, false, "when: says"},
		{"another error", lab.TestRun{Returns: drop}, wire.TestRunResult{Error: "no memory", Errno: "ENOMEM"}, false, "did not run it: no memory"},
	} {
		if ok, seen := judgeTestRun(tt.want, tested{input, tt.result}); ok != tt.ok || !strings.Contains(seen, tt.seen) {
			t.Errorf("%s: %v, %q, want %v, %q", tt.name, ok, seen, tt.ok, tt.seen)
		}
	}
}
