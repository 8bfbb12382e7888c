package term

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// tabWidth is that of C files in what is shown.
const tabWidth = 4

// plain is a text of others' as it can be shown: without escape sequences and control
// characters, which could write anywhere on the screen.
func sanitize(text string) string {
	text = strings.ReplaceAll(ansi.Strip(text), "\t", strings.Repeat(" ", tabWidth))
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, strings.TrimRight(text, "\n"))
}

// wrapped breaks a text into lines of a width, at spaces where it can.
func wrapped(text string, width int) []string {
	return strings.Split(ansi.Wrap(text, max(width, 1), ""), "\n")
}

// hanging puts text behind a label, its further lines indented by as much.
func hanging(label, text string, width int) string {
	indent := ansi.StringWidth(label)
	return label + strings.Join(wrapped(text, width-indent), "\n"+strings.Repeat(" ", indent))
}

// cut is a line with at most width columns.
func cut(line string, width int) string { return ansi.Truncate(line, max(width, 0), "…") }

// cutLeft is a line with at most width columns, of which the end counts.
func cutLeft(line string, width int) string {
	if over := ansi.StringWidth(line) - width; over > 0 {
		return ansi.TruncateLeft(line, over+1, "…")
	}
	return line
}

// spread puts one text at the left of a line and one at its right, which gives way.
func spread(left, right string, width int) string {
	left = cut(left, width)
	room := width - ansi.StringWidth(left)
	if right = cutLeft(right, room-2); room < 5 {
		return left
	}
	return left + strings.Repeat(" ", room-ansi.StringWidth(right)) + right
}
