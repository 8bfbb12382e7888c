package probe

// Instructions reports for each instruction that a kernel may lack, and for the set of them that
// has a name, whether this one takes it: its verifier, and its JIT, which translates an accepted
// program at once.
func Instructions() map[string]bool {
	out := map[string]bool{}
	for name, insns := range instructions {
		out[name], _ = loadAs(socketFilter, insns)
	}
	out["ISA v4"] = hasV4(out)
	return out
}
