package main

import "github.com/bpflab/bpflab/harness/verdict"

// best has the least of several times in seconds, by what they are of: the others are
// those of a machine that was busy with something else.
type best map[string]float64

func (b best) keep(name string, seconds float64) {
	if least, ok := b[name]; !ok || seconds < least {
		b[name] = seconds
	}
}

// keepStarts takes the times that a run's machines took to start, by kernel.
func (b best) keepStarts(result verdict.Result) {
	for _, c := range result.Cells {
		b.keep(c.Kernel.Selector, c.Durations.Start)
	}
}

func (b best) mean() float64 {
	sum := 0.0
	for _, seconds := range b {
		sum += seconds
	}
	return sum / float64(len(b))
}
