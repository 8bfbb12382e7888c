package probe

// pseudoKfunc is the source register of a call to a function of the kernel.
const pseudoKfunc = 2

// saysNoKfunc reports whether the verifier takes no calls of kernel functions, or not of this
// one, as it says (check_kfunc_call of kernel/bpf/verifier.c).
func saysNoKfunc(log string) bool {
	return hasAny(log, "is not allowed", "reserved fields", "unknown opcode", "not supported")
}

// HasKfunc reports whether programs for a target, which the kernel must have, may call
// a kernel function, which is given by its number in the kernel's BTF. It loads a
// program that calls it without arguments: where it may be called, the kernel
// complains of those.
func HasKfunc(t Target, id uint32) bool {
	accepted, log := loadAs(t, join(insn(opCall, pseudoKfunc<<4, 0, int32(id)), straightLine(2)))
	return accepted || log != "" && !saysNoKfunc(Terse(log))
}
