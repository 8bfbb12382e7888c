package probe

import "regexp"

// pseudoKfunc is the source register of a call to a function of the kernel.
const pseudoKfunc = 2

// noKfunc is what the verifier says where it takes no calls of kernel functions,
// or not of this one (check_kfunc_call of kernel/bpf/verifier.c).
var noKfunc = regexp.MustCompile(`is not allowed|reserved fields|unknown opcode|not supported`)

// HasKfunc reports whether programs for a target, which the kernel must have, may call
// a kernel function, which is given by its number in the kernel's BTF. It loads a
// program that calls it without arguments: where it may be called, the kernel
// complains of those.
func HasKfunc(t Target, id uint32) bool {
	accepted, log := loadAs(t, join(insn(opCall, pseudoKfunc<<4, 0, int32(id)), straightLine(2)))
	return accepted || log != "" && !noKfunc.MatchString(Terse(log))
}
