package verdict

// Pair is a lab on a kernel. The cells of repeated runs share it.
type Pair struct {
	Lab, Provider string
	Kernel        Kernel // without its release, which is missing where the machine never answered
}

// Pair returns the lab and kernel that a cell is a run of.
func (c Cell) Pair() Pair {
	c.Kernel.Release = ""
	return Pair{c.Lab, c.Provider, c.Kernel}
}

// Flaky returns which of the cells are flaky: those that passed, but not at their
// first attempt, and all cells of a pair whose runs do not agree on a verdict.
// A cell that did not end, for the run was interrupted, has no say.
func Flaky(cells []Cell) []bool {
	runs := map[Pair]map[Verdict]bool{}
	for _, c := range cells {
		pair := c.Pair()
		if runs[pair] == nil {
			runs[pair] = map[Verdict]bool{}
		}
		if c.ended() {
			runs[pair][c.Verdict] = true
		}
	}
	out := make([]bool, len(cells))
	for i, c := range cells {
		out[i] = c.PassedLate() || c.ended() && len(runs[c.Pair()]) > 1
	}
	return out
}

// PassedLate reports whether a cell passed only after an attempt that did not.
func (c Cell) PassedLate() bool { return c.Verdict == Pass && len(c.Attempts) > 1 }

// Interrupted is the reason of a cell that the end of its run kept from a verdict.
const Interrupted = "interrupted"

func (c Cell) ended() bool {
	return c.Verdict != Infra || len(c.Attempts) > 0 && c.Reason != Interrupted
}
