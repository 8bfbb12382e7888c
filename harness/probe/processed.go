package probe

import (
	"regexp"
	"strconv"
)

var processedLine = regexp.MustCompile(`(?m)^processed (\d+) insns`)

// Processed is how many instructions the verifier went through, as the closing
// line of its log says (print_verification_stats of kernel/bpf/verifier.c); 0
// if the log does not say.
func Processed(log string) int {
	m := processedLine.FindStringSubmatch(log)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
