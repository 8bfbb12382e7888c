package verify

import (
	"regexp"
	"strconv"
)

// Statistics of a verifier log, as print_verification_stats of
// kernel/bpf/verifier.c writes them.
var (
	processed = regexp.MustCompile(`(?m)^processed (\d+) insns`)
	states    = regexp.MustCompile(`total_states (\d+)`)
	peak      = regexp.MustCompile(`peak_states (\d+)`)
	depth     = regexp.MustCompile(`(?m)stack depth (?:max )?([\d+]+)`)
	took      = regexp.MustCompile(`(?m)^verification time (\d+) usec`)
)

// measure takes the statistics from the log.
func (r *Result) measure(log string) {
	r.Insns, r.States, r.PeakStates = number(processed, log), number(states, log), number(peak, log)
	if m := depth.FindStringSubmatch(log); m != nil {
		r.StackDepth = m[1]
	}
	if usec := number(took, log); usec > 0 {
		r.Load = float64(usec) / 1e6
	}
}

func number(re *regexp.Regexp, log string) int {
	m := re.FindStringSubmatch(log)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
