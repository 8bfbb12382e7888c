package changelog

import (
	"strings"
	"testing"
	"unicode"
)

// Whatever a changelog holds, its items are text on one line each, below a title.
func FuzzParse(f *testing.F) {
	f.Add(text)
	f.Add(older)
	f.Add("  * before any title\n\tlinux\n * \n")
	f.Add("a\x00\x1b[2J\n  - \xff\u202e\r\n   more\n -- \n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := parse(strings.NewReader(text))
		if err != nil {
			return // a line of a megabyte
		}
		for _, e := range append(entries, AboutBPF(entries)...) {
			for _, line := range append(e.Items, e.Title) {
				if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) {
					t.Fatalf("%q", line)
				}
			}
		}
		if again := Since(entries, entries); len(again) > 0 {
			t.Fatalf("new to itself: %q", again)
		}
	})
}
