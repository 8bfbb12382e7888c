package probe

// Request asks for one probe.
type Request struct {
	Kind string // of Program, or of a thing that is no program: see trials
	N    int
	User bool   // without capabilities
	For  Target // of a Program; the zero Target is a socket filter
}

// Run does a probe; see Program and Load. Kinds besides Program's are
//
//	tail_calls  n tail calls in sequence, made
//	bpf_loop    n rounds of the helper bpf_loop asked for, one made
//	map_key     a hash map with keys of n bytes
//	map_value   a hash map with values of n bytes
//	log         a buffer of n bytes for the verifier's log
func Run(r Request) (Result, error) {
	if trial, ok := trials[r.Kind]; ok {
		return r.do(func() Result { return trial(r.N, r.User) })
	}
	insns, err := Program(r.Kind, r.N)
	if err != nil {
		return Result{}, err
	}
	if r.For == (Target{}) {
		r.For = socketFilter
	}
	return r.do(func() Result { return load(r.For, insns) })
}

// do runs a probe with the rights that are asked for. Limits that are not the
// verifier's are lifted first.
func (r Request) do(f func() Result) (Result, error) {
	if err := LiftMemlock(); err != nil {
		return Result{}, err
	}
	if r.User {
		if err := allowUsers(); err != nil {
			return Result{}, err
		}
		return asUser(f)
	}
	var res Result
	undisturbed(func() { res = f() })
	return res, nil
}
