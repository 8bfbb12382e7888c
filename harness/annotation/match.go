package annotation

import (
	"fmt"
	"strings"
)

// found is where a pattern is in the text.
type found struct {
	ok       bool
	from, to int
	line     int
}

// Mismatch is the first pattern that does not hold, and why.
type Mismatch struct {
	Pattern
	Seen string
}

// Match looks for patterns in a text. Those that must be there are looked for one after the other,
// each from the end of the one before. One that must not be there is looked for between its
// neighbours that must. It returns nil if all hold.
func Match(text string, patterns []Pattern) *Mismatch {
	at := positions(text, patterns)
	before, end := -1, 0 // the last pattern that is there
	for i, p := range patterns {
		switch {
		case p.Negative:
			if line, there := unwanted(text, p, end, nextFrom(text, patterns, at, i)); there {
				return &Mismatch{p, "there is " + quoted(line)}
			}
			continue
		case !at[i].ok:
			return &Mismatch{p, "not found"}
		case p.NextLine && before >= 0 && at[before].line+1 != at[i].line:
			return &Mismatch{p, fmt.Sprintf("found in line %d, %d after that of %s", at[i].line+1, at[i].line-at[before].line, quoted(patterns[before].Text))}
		}
		before, end = i, at[i].to
	}
	return nil
}

// positions finds the patterns that must be there.
func positions(text string, patterns []Pattern) []found {
	out, from := make([]found, len(patterns)), 0
	for i, p := range patterns {
		if p.Negative {
			continue
		}
		if begin, end, ok := p.find(text[from:]); ok {
			out[i] = found{true, from + begin, from + end, strings.Count(text[:from+begin], "\n")}
			from += end
		}
	}
	return out
}

// nextFrom returns where the next pattern that must be there begins, -1 if it is not there, and
// the end of the text if there is none.
func nextFrom(text string, patterns []Pattern, at []found, i int) int {
	for j := i + 1; j < len(patterns); j++ {
		switch {
		case patterns[j].Negative:
		case at[j].ok:
			return at[j].from
		default:
			return -1
		}
	}
	return len(text)
}

// unwanted reports whether a pattern is between two places, and in which line.
func unwanted(text string, p Pattern, from, to int) (line string, there bool) {
	begin, end, ok := p.find(text[from:])
	if !ok || from+end > to {
		return "", false
	}
	start := strings.LastIndexByte(text[:from+begin], '\n') + 1
	line, _, _ = strings.Cut(text[start:], "\n")
	return line, true
}

// longest is how much of a text is quoted, in bytes.
const longest = 160

func quoted(text string) string {
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}
