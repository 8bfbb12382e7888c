package workshop

import (
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// The explanation of a rejection names what the object states: its licence, and what the
// instruction needs of the kernel.
func TestRejectedNamesTheObject(t *testing.T) {
	call := asm.Instruction{OpCode: asm.OpCode(asm.JumpClass).SetJumpOp(asm.Call), Src: asm.PseudoKfuncCall, Constant: -1}.WithReference("bpf_iter_num_new")
	single := session.Single{Spec: &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{
		"p": {Name: "p", License: "GPL-2.0", Instructions: asm.Instructions{call}},
	}}}
	for _, test := range []struct{ log, want string }{
		{"0: (85) call bpf_ktime_get_ns#5\ncannot call GPL-restricted function from non-GPL compatible program\n", `the object's licence is "GPL-2.0"`},
		{"0: (85) call unknown#233685214\ninvalid func unknown#233685214\n", "kernel function bpf_iter_num_new"},
	} {
		problem := rejected(nil, "p.c", kernel.Version{Major: 5, Minor: 10}, single, wire.Program{Name: "p", Stage: wire.StageLoad, Errno: "EINVAL", Log: test.log})
		if !strings.Contains(problem.Explanation, test.want) {
			t.Errorf("%s: %+v; want %q", test.log, problem, test.want)
		}
	}
	if problem := rejected(nil, "p.c", kernel.Version{Major: 6, Minor: 1}, session.Single{}, wire.Program{Name: "p", Log: "R7 !read_ok\n"}); problem.Code != "uninitialised" {
		t.Errorf("without an object: %+v", problem)
	}
}
