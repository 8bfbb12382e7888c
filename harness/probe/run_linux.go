package probe

// Run generates the program of a probe and loads it; see Program and Load.
func Run(kind string, n int, user bool) (Result, error) {
	insns, err := Program(kind, n)
	if err != nil {
		return Result{}, err
	}
	return Load(insns, user)
}
