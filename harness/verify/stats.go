package verify

import (
	"regexp"
	"strconv"
	"strings"
)

// Statistics of a verifier log, as print_verification_stats of
// kernel/bpf/verifier.c writes them. Kernels up to 7.1 list the stack of all
// subprograms, as "stack depth 8+40+96"; 7.2 and later have the most that a chain of
// calls takes, as "stack depth max 112", and a line for each subprogram.
var (
	processed = regexp.MustCompile(`(?m)^processed (\d+) insns`)
	states    = regexp.MustCompile(`total_states (\d+)`)
	peak      = regexp.MustCompile(`peak_states (\d+)`)
	depths    = regexp.MustCompile(`(?m)stack depth ([\d+]+)`)
	deepest   = regexp.MustCompile(`(?m)^stack depth (?:[\d+]+ )?max (\d+)`)
	subprog   = regexp.MustCompile(`(?m)^subprog \d+ \(.*\bstack (\d+)$`)
	took      = regexp.MustCompile(`(?m)^verification time (\d+) usec`)
)

// measure takes the statistics from the log.
func (r *Result) measure(log string) {
	r.Insns, r.States, r.PeakStates = number(processed, log), number(states, log), number(peak, log)
	r.StackDepth, r.StackMax = stackDepth(log), number(deepest, log)
	if usec := number(took, log); usec > 0 {
		r.Load = float64(usec) / 1e6
	}
}

// stackDepth returns the stack of each subprogram, as in "8+40+96"; "" if the log does
// not have it.
func stackDepth(log string) string {
	if m := depths.FindStringSubmatch(log); m != nil {
		return m[1]
	}
	var each []string
	for _, m := range subprog.FindAllStringSubmatch(log, -1) {
		each = append(each, m[1])
	}
	return strings.Join(each, "+")
}

func number(re *regexp.Regexp, log string) int {
	m := re.FindStringSubmatch(log)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
