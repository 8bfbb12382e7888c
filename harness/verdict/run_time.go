package verdict

import (
	"fmt"
	"slices"
	"strings"
)

// RunTime is how often a program ran in a step, and how long all runs took, by the kernel's own
// statistics (bpf_prog_info's run_cnt and run_time_ns). Only ratios within a step mean something:
// hosts differ, and so do kernels, and under emulation a nanosecond is none.
type RunTime struct {
	Program     string  `json:"program"`
	Runs        uint64  `json:"run_cnt"`
	Nanoseconds uint64  `json:"run_time_ns"`
	Ratio       float64 `json:"ratio,omitempty"`    // of the mean of a run to the least mean in the step; 0 for one that did not run
	Emulated    bool    `json:"emulated,omitempty"` // the machine's processor is emulated
}

// Mean returns how long a run takes, in nanoseconds; 0 for a program that did not run.
func (r RunTime) Mean() float64 {
	if r.Runs == 0 {
		return 0
	}
	return float64(r.Nanoseconds) / float64(r.Runs)
}

// SetRatios sets the ratios of what was counted in one step.
func SetRatios(all []RunTime) {
	least := 0.0
	for _, one := range all {
		if mean := one.Mean(); mean > 0 && (least == 0 || mean < least) {
			least = mean
		}
	}
	for i := range all {
		if all[i].Ratio = 0; least > 0 {
			all[i].Ratio = all[i].Mean() / least
		}
	}
}

// RatioText returns a ratio as people read it.
func RatioText(ratio float64) string {
	if ratio < 0.1 {
		return fmt.Sprintf("%.2g", ratio)
	}
	return fmt.Sprintf("%.2f", ratio)
}

// Note adds a note, if it is not empty.
func (s *Step) Note(text string) {
	if text != "" {
		s.Notes = append(s.Notes, text)
	}
}

// RunTimeLine returns what was counted in a step in one line, the shortest run first, "" if nothing was.
func RunTimeLine(all []RunTime) string {
	if len(all) == 0 {
		return ""
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b RunTime) int {
		switch {
		case a.Ratio < b.Ratio:
			return -1
		case a.Ratio > b.Ratio:
			return 1
		}
		return strings.Compare(a.Program, b.Program)
	})
	var parts []string
	for _, one := range all {
		if one.Runs == 0 {
			parts = append(parts, one.Program+" did not run")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s (%d runs)", one.Program, RatioText(one.Ratio), one.Runs))
	}
	line := "run time, as ratios: " + strings.Join(parts, ", ")
	if all[0].Emulated {
		line += "; emulated"
	}
	return line
}
