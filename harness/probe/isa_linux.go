package probe

// Instructions reports for each instruction that a kernel may lack whether this one takes
// it: its verifier, and its JIT, which translates an accepted program at once.
func Instructions() map[string]bool {
	out := map[string]bool{}
	for name, insns := range instructions {
		out[name], _ = loadAs(socketFilter, insns)
	}
	return out
}
