package report

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const (
	columnGap   = 2
	leastColumn = 16 // columns get no narrower, whatever the terminal
)

// sideBySide wraps two texts into columns of equal height that fit into
// width. The left one is padded to its own width and no wider than its text.
func sideBySide(a, b string, width int) (left, right []string) {
	column := max(leastColumn, (width-columnGap)/2)
	left, right = wrap(a, column), wrap(b, column)
	for len(left) < len(right) {
		left = append(left, "")
	}
	for len(right) < len(left) {
		right = append(right, "")
	}
	used := len("expected")
	for _, line := range left {
		used = max(used, ansi.StringWidth(line))
	}
	for i := range left {
		left[i] = pad(left[i], used)
	}
	return left, right
}

func columnOf(left []string) int { return ansi.StringWidth(left[0]) }

// wrap breaks text at spaces, and inside words longer than a column. It shows empty text
// as such.
func wrap(text string, column int) []string {
	text = strings.TrimRight(text, "\n ")
	if text == "" {
		return []string{"(nothing)"}
	}
	return strings.Split(ansi.Wrap(text, column, ""), "\n")
}
