package verifierlog

// Counts is what a log says of a program.
type Counts struct {
	Insns     []int   `json:"insns"`     // how often each instruction was processed, by its index in the loaded program
	Pruned    int     `json:"pruned"`    // how many of these came to a state that the verifier knew
	Processed int     `json:"processed"` // what the kernel says at the end; 0 if the log lacks its end
	Chains    []Chain `json:"chains,omitempty"`
	Unplaced  int     `json:"unplaced,omitempty"` // instructions of paths whose chain of calls the log does not show
	Bytes     int64   `json:"bytes"`              // of the log
}

// Chain is a chain of calls, and how many instructions were processed in its last function.
type Chain struct {
	Entries []int `json:"entries"` // the first instruction of each function, the outermost first
	Insns   int   `json:"insns"`
}

// Counted returns how many instructions the log accounts for.
func (c Counts) Counted() (sum int) {
	for _, n := range c.Insns {
		sum += n
	}
	return sum
}

// Whole reports whether the log accounts for exactly what the kernel says it processed.
func (c Counts) Whole() bool { return c.Processed > 0 && c.Counted() == c.Processed }

// Answer is what a guest has counted of a program.
type Answer struct {
	Counts
	Loaded int    `json:"loaded"`           // instructions of the program that the kernel was given; 0 if that is not known
	Failed string `json:"failed,omitempty"` // why the log was not read to its end
}
