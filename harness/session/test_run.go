package session

import (
	"bytes"
	"context"
	"fmt"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/wire"
)

// testRuns runs the programs that checks want run on packets, in the order of the checks.
func (st *step) testRuns(ctx context.Context) error {
	st.seen.tests = map[*lab.TestRun]tested{}
	for _, c := range st.checks {
		if c.TestRun == nil {
			continue
		}
		input, err := c.TestRun.Input()
		if err != nil {
			return err // which the document's parser refused
		}
		var res wire.TestRunResult
		args := wire.TestRun{Program: c.TestRun.Program, Data: input, Repeat: c.TestRun.Repeat}
		if err := st.call(ctx, wire.OpTestRun, args, &res, wire.IO{}); err != nil {
			return asFinding("run "+c.TestRun.Program, err)
		}
		st.seen.tests[c.TestRun] = tested{input, res}
	}
	return nil
}

// judgeTestRun compares what came out of a program.
func judgeTestRun(want lab.TestRun, seen tested) (bool, string) {
	if seen.result.Error != "" {
		return false, "the kernel did not run it: " + seen.result.Error + whyNotRun(seen)
	}
	ok, text := true, ""
	if want.Returns != nil {
		returned := int32(seen.result.Returned)
		ok, text = returned == want.Returns.Value, "returned "+want.Returns.Like(returned).String()
	}
	wanted := []byte(want.Out)
	if want.Same {
		wanted = seen.input
	}
	if len(wanted) > 0 {
		same := bytes.Equal(wanted, seen.result.Out)
		ok, text = ok && same, joined(text, packetSeen(wanted, seen.result.Out))
	}
	return ok, text
}

// packetSeen says how a packet differs from what was wanted of it.
func packetSeen(want, got []byte) string {
	if bytes.Equal(want, got) {
		return fmt.Sprintf("a packet of %d bytes as wanted", len(got))
	}
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	return fmt.Sprintf("a packet of %d bytes, which differs from byte %d on: %x", len(got), at, got)
}

// whyNotRun says what a kernel may have against running a program. Sizes are those of
// net/bpf/test_run.c: an Ethernet header at least and, of XDP before 5.18, what is left of a
// page.
func whyNotRun(seen tested) string {
	switch {
	case seen.result.Lacking:
		return "; when: says for which kernels the check is"
	case seen.result.Errno == "EINVAL":
		return fmt.Sprintf("; the packet has %d bytes, and kernels take 14 and more, for XDP before 5.18 some 3500 at most", len(seen.input))
	}
	return ""
}
