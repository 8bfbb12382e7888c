package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes untrusted text safe to show: every character that is not
// graphic, and every byte that is not UTF-8, is written as an escape, except line ends.
// Tabs become four spaces.
func clean(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[0])
		case r == '\t':
			out.WriteString("    ")
		case r == '\n' || unicode.IsGraphic(r):
			out.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out.String()
}

// cleanLine returns s cleaned for a place that has one line: line ends become spaces.
func cleanLine(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(clean(text), "\n", " ")), " ")
}

// firstLine returns the first line of text that is not empty, cleaned.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return cleanLine(line)
}

// lines splits text, without empty lines at its end.
func lines(text string) []string {
	text = strings.TrimRight(text, "\n ")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
