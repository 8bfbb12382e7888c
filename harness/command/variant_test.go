package command

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// A kernel that cannot be as its variant says is named with the reason, also where it is the
// only one.
func TestVariantThatCannotBe(t *testing.T) {
	for _, kernels := range [][]kernel.Image{{{Selector: "6.1+jit=off", Variant: "jit=off"}}, {{Selector: "6.1+jit=off", Variant: "jit=off"}, {Selector: "5.10+jit=off", Variant: "jit=off"}}} {
		pool := scheduler.New(scheduler.Options{Provider: &vmstest.Fake{Unmet: []string{"jit=off"}}, Dir: t.TempDir(),
			Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
		var out bytes.Buffer
		e := &Execution{Pool: pool, Kernels: kernels, Command: Command{Argv: []string{"true"}}, Stdout: &out, Stderr: &out,
			Input: func() io.Reader { return nil }, Signals: func() (chan string, func()) { return nil, func() {} },
			Task: func(class string, image kernel.Image, dir string) scheduler.Task {
				return scheduler.Task{Class: class, Machine: vms.Spec{Kernel: image}, Dir: func(int) string { return dir }}
			}}
		for _, cell := range e.Run(t.Context()) {
			if cell.Verdict != verdict.Unsupported {
				t.Errorf("%s: %s, %s", cell.Kernel.Selector, cell.Verdict, cell.Reason)
			}
			if want := "true on " + cell.Kernel.Selector + ": "; !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "cannot have +jit=off") {
				t.Errorf("it says %s", out.String())
			}
		}
	}
}
