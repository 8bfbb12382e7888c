package verify

import (
	"fmt"
	"slices"
	"strings"
)

// ownStacks are the types of programs whose functions have a stack each
// (bpf_enable_priv_stack of kernel/bpf/verifier.c). Tracing is all of its kinds but iterators.
var ownStacks = []string{"Kprobe", "TracePoint", "RawTracepoint", "PerfEvent", "Tracing"}

// knowsOwnStacks is the first release in which functions can have a stack each, commit
// a76ab5731e32.
const knowsOwnStacks = "6.13"

// hasOwnStacks reports whether functions of a program's type have a stack each, on kernels
// that are new enough.
func hasOwnStacks(f *failure) bool {
	kind, _, _ := strings.Cut(strings.TrimPrefix(f.Section, "?"), "/")
	return slices.Contains(ownStacks, f.Type) && kind != "iter" && kind != "iter.s"
}

func stacksTogether(f *failure) string {
	return fmt.Sprintf("the stacks of %s functions that call each other take %s bytes, and here they have 512 together", f.match[1], f.match[2])
}

const lessStack = "put large variables into a per-CPU array map"

func stacksFix(f *failure) string {
	switch {
	case !hasOwnStacks(f):
		return lessStack + ": programs of this type have 512 bytes over all calls on every kernel"
	case isNewer(knowsOwnStacks, f.version):
		return lessStack + "; kernels from 6.13 on give each function of such a program 512 bytes of its own, where the JIT can"
	}
	return lessStack + ", or leave out the tail calls: without them each function of such a program has 512 bytes of its own on this kernel, where the JIT can"
}
