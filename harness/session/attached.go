package session

import (
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/lab"
)

// isAttached reports whether an accepted program is to be attached: as the step says, else
// unless it is in a program array, from which others call it.
func (st *step) isAttached(program string) bool {
	i := slices.IndexFunc(st.def.Attach, func(a lab.Attach) bool { return a.Program == program })
	if i >= 0 {
		return !st.def.Attach[i].None
	}
	return !isTailCalled(st.seen.spec, program)
}

// isTailCalled reports whether the object puts the program into a program array.
func isTailCalled(spec *ebpf.CollectionSpec, program string) bool {
	for _, m := range spec.Maps {
		calls := func(entry ebpf.MapKV) bool { return entry.Value == program }
		if m.Type == ebpf.ProgramArray && slices.ContainsFunc(m.Contents, calls) {
			return true
		}
	}
	return false
}
