package workshop

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflab/bpflab/harness/build"
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

// TestBuildProblems gives clang C with common mistakes.
func TestBuildProblems(t *testing.T) {
	const helpers = "#include <bpf/bpf_helpers.h>\n"
	const hello = "SEC(\"xdp\")\nint hello(void *ctx)\n{\n\treturn 2;\n}\n"
	for name, c := range map[string]struct {
		code string
		line int
		want []string
	}{
		"headers in the wrong order": {"// one\n" + helpers + "#include \"kernel.h\"\n" + hello, 2, []string{"bpf_helper_defs.h", "the type __u", `#include "kernel.h"`}},
		"an error above a header":    {"#define struct 7\n#include \"packet.h\"\n", 2, []string{"packet.h", "above the line"}},
		"pasted below":               {"#include \"kernel.h\"\n" + helpers + hello + hello, 9, []string{"redefinition of 'hello'", "in place of", "line 4"}},
	} {
		source := build.Source{Name: "x", FS: overlay{os.DirFS("../.."), "bpf/x.bpf.c", []byte(c.code)}, Root: "../..", Main: "bpf/x.bpf.c", Include: []string{"bpf/include"}}
		_, err := build.New(build.Options{}).Object(context.Background(), source)
		got := buildProblems("x.bpf.c", err)
		if len(got) == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		p := got[0]
		shown := p.Text + "\n" + p.Explanation + "\n" + p.Fix
		for _, want := range c.want {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: no %q in:\n%s", name, want, shown)
			}
		}
		if p.Line != c.line || p.File != "x.bpf.c" {
			t.Errorf("%s: at %s:%d, want line %d", name, p.File, p.Line, c.line)
		}
		for _, other := range got[1:] {
			if other.Line == p.Line {
				t.Errorf("%s: line %d has another problem: %s", name, p.Line, other.Text)
			}
		}
	}
}
