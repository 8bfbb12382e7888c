package lab

import (
	"fmt"
	"math"
	"strconv"

	"github.com/bpflab/bpflab/harness/document"
)

// RunTime compares how long a run of a program takes with a run of another one, in the same step and
// machine, by the kernel's own statistics: between machines and kernels such times mean little.
type RunTime struct {
	Of      string `yaml:"of"`
	Against string `yaml:"against"`
	AtMost  Ratio  `yaml:"at_most"`
	Runs    int    `yaml:"runs"` // each must have run so often; a mean of few says nothing
}

// Ratio is a number above 0, written "1.5".
type Ratio float64

// UnmarshalText reads the number.
func (r *Ratio) UnmarshalText(text []byte) error {
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(n > 0) || math.IsInf(n, 0) {
		return fmt.Errorf("%s is no ratio: want a number above 0, as 1.5", document.Quote(string(text)))
	}
	*r = Ratio(n)
	return nil
}

// Expected returns what is wanted, in one line for people.
func (r RunTime) Expected() string {
	return fmt.Sprintf("a run of %s takes at most %s times as long as one of %s", r.Of, strconv.FormatFloat(float64(r.AtMost), 'g', -1, 64), r.Against)
}
