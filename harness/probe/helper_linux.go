package probe

// saysNoHelper reports whether the kernel does not have a helper, or not for the type of
// program, as the verifier says (check_helper_call in kernel/bpf/verifier.c).
func saysNoHelper(log string) bool {
	return hasAny(log, "invalid func unknown#", "unknown func ", "program of this type cannot use helper")
}

// HasHelper reports whether programs for a target, which the kernel must have, may
// call a helper, by number. It loads a program that calls it without arguments: a
// kernel that has it complains of those.
func HasHelper(t Target, helper int32) bool {
	accepted, log := loadAs(t, calling(helper))
	return accepted || log != "" && !saysNoHelper(log)
}

// Accepts reports whether the kernel takes a program for a target, which returns a
// number.
func Accepts(t Target, returns int32) bool {
	accepted, _ := loadAs(t, join(insn(opMovImm, r0, 0, returns), insn(opExit, 0, 0, 0)))
	return accepted
}

// calling calls a helper without arguments.
func calling(helper int32) []byte {
	return join(insn(opCall, 0, 0, helper), straightLine(2))
}

// loadAs loads a program and closes it; it returns the verifier's log.
func loadAs(t Target, insns []byte) (accepted bool, said string) {
	got := loadFor(t, insns)
	got.close()
	return got.errno == 0, got.log
}
