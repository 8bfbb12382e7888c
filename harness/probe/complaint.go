package probe

import (
	"slices"
	"strings"
)

// report is where Linux 7.x begins to explain a rejection at length, behind its
// terse complaint.
const report = "\nVerification failed: "

// IsStatistic reports whether a line of a verifier's log is one of those that close it
// (print_verification_stats of kernel/bpf/verifier.c).
func IsStatistic(line string) bool {
	_, processed := numbered(line, "processed ", " insns")
	_, subprog := numbered(line, "subprog ", " (")
	return processed || subprog || beginsWith(line, "insns processed ", closing, "stack depth ")
}

// isState reports whether a line is a state of a loop, which follows a complaint.
func isState(line string) bool { return beginsWith(line, "cur state:", "old state:") }

func beginsWith(text string, beginnings ...string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(text, b) })
}

// hasAny reports whether one of the parts is in a text.
func hasAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
}

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
		if line = strings.TrimSpace(line); line != "" && !IsStatistic(line) && !isState(line) {
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
