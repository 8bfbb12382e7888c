package run

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/vmstest"
)

func TestKernelThatCannotBeItsVariant(t *testing.T) {
	p := &vmstest.Fake{Unmet: []string{"preempt"}}
	todo := cells(t, 1)
	todo[0].Kernel.Variant = "preempt"
	c := runOn(t, t.Context(), newFakeHost(64*gib, p), todo, scheduler.Options{Retries: 2})[0]
	if c.Verdict != verdict.Unsupported || len(c.Attempts) != 1 || !strings.Contains(c.Reason, "CONFIG_PREEMPT_DYNAMIC") {
		t.Errorf("%s in %d attempts: %s", c.Verdict, len(c.Attempts), c.Reason)
	}
	if c.Kernel.Variant != "preempt" || c.Kernel.Release != "6.1.0-fake" {
		t.Errorf("kernel %+v", c.Kernel)
	}
	if code := (verdict.Result{Cells: []verdict.Cell{c}}).Exit(); code != verdict.ExitOK {
		t.Errorf("exit code %d", code)
	}
}
