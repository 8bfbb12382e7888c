package verify

import (
	"fmt"
	"strings"
)

// longestLoop is how many lines a repeated block of a log has at most.
const longestLoop = 64

// Fold shows a block of lines that repeats once, with its count: the verifier
// writes every pass of a loop.
func Fold(log string) string {
	all := strings.Split(strings.TrimRight(log, "\n"), "\n")
	var out []string
	for i := 0; i < len(all); {
		size, count := repeated(all[i:])
		out = append(out, all[i:i+size]...)
		if count > 1 {
			out = append(out, fmt.Sprintf("[the %s %d times in all]", lines(size), count))
		}
		i += size * count
	}
	return strings.Join(out, "\n")
}

func lines(n int) string {
	if n == 1 {
		return "line above stands here"
	}
	return fmt.Sprintf("%d lines above stand here", n)
}

// repeated returns the size of the block at the beginning that repeats most, and how
// often it stands there; a line of its own is a block of one.
func repeated(all []string) (size, count int) {
	size, count = 1, 1
	for n := 1; n <= min(longestLoop, len(all)/2); n++ {
		if c := times(all, n); c > 1 && n*c > size*count {
			size, count = n, c
		}
	}
	return size, count
}

// times returns how often the first n lines stand at the beginning. Numbers differ
// from pass to pass, so they do not count.
func times(all []string, n int) int {
	c := 1
	for (c+1)*n <= len(all) && same(all[:n], all[c*n:(c+1)*n]) {
		c++
	}
	return c
}

func same(a, b []string) bool {
	for i := range a {
		if shape(a[i]) != shape(b[i]) {
			return false
		}
	}
	return true
}

// shape returns a line without the registers' contents: an instruction is the same
// whatever they are.
func shape(line string) string {
	line, _, _ = strings.Cut(line, " ; R")
	if strings.HasPrefix(line, "from ") || strings.Contains(line, ": R0") || strings.Contains(line, ": R1") {
		return "state"
	}
	return line
}
