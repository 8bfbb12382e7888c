package lab

import (
	"regexp/syntax"
	"strings"
)

// readable returns a pattern as people would write what it matches: "ls runs as pid NUMBER"
// for ^ls runs as pid \d+$. A pattern that says more than that stays as it is, between
// slashes.
func readable(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err == nil {
		if text, ok := inWords(re); ok {
			return strings.Join(strings.Fields(text), " ")
		}
	}
	return "/" + pattern + "/"
}

// inWords returns the words for an expression, and false if there are none.
func inWords(re *syntax.Regexp) (string, bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune), re.Flags&syntax.FoldCase == 0
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpBeginText, syntax.OpEndLine, syntax.OpEndText:
		return "", true
	case syntax.OpCapture:
		return inWords(re.Sub[0])
	case syntax.OpConcat:
		return allInWords(re.Sub, "")
	case syntax.OpAlternate:
		return allInWords(re.Sub, " or ")
	case syntax.OpQuest:
		text, ok := inWords(re.Sub[0])
		return "[" + text + "]", ok
	case syntax.OpStar, syntax.OpPlus:
		return repeated(re.Sub[0])
	}
	return repeated(re)
}

func allInWords(all []*syntax.Regexp, between string) (string, bool) {
	var parts []string
	for _, re := range all {
		text, ok := inWords(re)
		if !ok {
			return "", false
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, between), true
}

// classWords are the words for classes of characters.
var classWords = map[string]string{
	`[0-9]`:       "NUMBER",
	`[\t\n\f\r ]`: " ",
	`(?-s:.)`:     "…",
	`(?s:.)`:      "…",
}

// repeated returns the words for one or more characters of a class.
func repeated(re *syntax.Regexp) (string, bool) {
	text, ok := classWords[re.String()]
	return text, ok
}
