package console

import (
	"strings"
	"unicode"
)

// maxLine is how much of the console's last line an error shows, in bytes.
const maxLine = 200

// LastLine returns the end of a console's last line, as it can be shown: the guest
// wrote it.
func LastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	return strings.Map(printable, line[max(0, len(line)-maxLine):])
}

func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return '?'
	}
	return r
}
