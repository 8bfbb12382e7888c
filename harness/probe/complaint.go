package probe

import (
	"regexp"
	"strings"
)

// report is where Linux 7.x begins to explain a rejection at length, behind its
// terse complaint.
const report = "\nVerification failed: "

// Lines that follow a complaint: what the verifier closes a log with
// (print_verification_stats of kernel/bpf/verifier.c), and the states of a loop.
var (
	statistic = regexp.MustCompile(`^(processed \d+ insns|insns processed |verification time |stack depth |subprog \d+ \()`)
	state     = regexp.MustCompile(`^(cur|old) state:`)
)

// IsStatistic reports whether a line of a verifier's log is one of those that close it.
func IsStatistic(line string) bool { return statistic.MatchString(line) }

// closing begins the statistics. Some complaints (of tail calls) have no end of line, so
// that it follows in theirs.
const closing = "verification time "

// Terse returns a verifier's log up to the complaint, without the explanation that new
// kernels add.
func Terse(log string) string {
	log, _, _ = strings.Cut(log, report)
	return log
}

// Said returns the lines of a verifier's log that are neither explanation nor statistics.
func Said(log string) []string {
	var out []string
	for line := range strings.Lines(Terse(log)) {
		line, _, _ = strings.Cut(line, closing)
		if line = strings.TrimSpace(line); line != "" && !IsStatistic(line) && !state.MatchString(line) {
			out = append(out, line)
		}
	}
	return out
}

// Complaint returns the last line of a verifier's log that is neither explanation nor
// statistics; "" if the log has none.
func Complaint(log string) string {
	said := Said(log)
	if len(said) == 0 {
		return ""
	}
	return said[len(said)-1]
}
