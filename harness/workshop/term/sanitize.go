package term

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// tabWidth is the width of a tab in C files as they are shown.
const tabWidth = 4

// sanitize removes escape sequences and control characters from a text that comes from
// outside: they could write anywhere on the screen.
func sanitize(text string) string {
	text = strings.ReplaceAll(ansi.Strip(text), "\t", strings.Repeat(" ", tabWidth))
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, strings.TrimRight(text, "\n"))
}

// wrapped breaks a text into lines of a width, at spaces where possible.
func wrapped(text string, width int) []string {
	return strings.Split(ansi.Wrap(text, max(width, 1), ""), "\n")
}

// hanging puts text behind a label and indents its further lines by the label's width.
func hanging(label, text string, width int) string {
	indent := ansi.StringWidth(label)
	return label + strings.Join(wrapped(text, width-indent), "\n"+strings.Repeat(" ", indent))
}

// truncate shortens a line to at most width columns.
func truncate(line string, width int) string { return ansi.Truncate(line, max(width, 0), "…") }

// truncateLeft shortens a line to its last width columns.
func truncateLeft(line string, width int) string {
	if over := ansi.StringWidth(line) - width; over > 0 {
		return ansi.TruncateLeft(line, over+1, "…")
	}
	return line
}

// justify puts one text at the left of a line and one at its right, which is shortened
// first.
func justify(left, right string, width int) string {
	left = truncate(left, width)
	room := width - ansi.StringWidth(left)
	if right = truncateLeft(right, room-2); room < 5 {
		return left
	}
	return left + strings.Repeat(" ", room-ansi.StringWidth(right)) + right
}
