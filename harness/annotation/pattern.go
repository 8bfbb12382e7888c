package annotation

import (
	"fmt"
	"regexp"
	"strings"
)

// Pattern is text that is looked for.
type Pattern struct {
	Text     string
	Negative bool // it must not be there
	NextLine bool // it must be in the line after that of the pattern before

	expression *regexp.Regexp // nil for plain text
}

// compile compiles a pattern: plain text with extended regular expressions of POSIX in {{ }}, or
// one expression (whole).
func compile(text string, whole, negative bool) (p Pattern, err error) {
	p = Pattern{Text: text, Negative: negative}
	if text == "" {
		return p, fmt.Errorf("it is empty, and would be found in any text")
	}
	expression := text
	if !whole {
		if !strings.Contains(text, "{{") {
			return p, nil
		}
		if expression, err = braced(text); err != nil {
			return p, err
		}
	} else {
		expression = forGo(text)
	}
	if p.expression, err = regexp.CompilePOSIX(expression); err != nil {
		return p, fmt.Errorf("%q: %w", text, err)
	}
	return p, nil
}

// braced returns the expression of a text with expressions in {{ }}.
func braced(text string) (string, error) {
	var out strings.Builder
	for rest := text; rest != ""; {
		plain, more, found := strings.Cut(rest, "{{")
		out.WriteString(regexp.QuoteMeta(plain))
		if !found {
			break
		}
		expression, after, closed := strings.Cut(more, "}}")
		if !closed {
			return "", fmt.Errorf("%q has {{ without }}", text)
		}
		out.WriteString(forGo(expression))
		rest = after
	}
	return out.String(), nil
}

// classes are what glibc's regular expressions have and Go's of POSIX have not.
var classes = map[byte]string{'w': "[[:alnum:]_]", 'W': "[^[:alnum:]_]", 's': "[[:space:]]", 'S': "[^[:space:]]"}

// forGo returns an extended regular expression as Go's parser takes it: in brackets a backslash
// is plain.
func forGo(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			if class, ok := classes[text[i]]; ok {
				out.WriteString(class)
			} else {
				out.WriteString(text[i-1 : i+1])
			}
		case c == '[':
			end := bracketEnd(text, i)
			out.WriteString(strings.ReplaceAll(text[i:end], `\`, `\\`))
			i = end - 1
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// bracketEnd returns where the bracket expression that begins at from ends.
func bracketEnd(text string, from int) int {
	i := from + 1
	if i < len(text) && text[i] == '^' {
		i++
	}
	if i < len(text) && text[i] == ']' {
		i++
	}
	for ; i < len(text); i++ {
		switch {
		case text[i] == ']':
			return i + 1
		case text[i] == '[' && i+1 < len(text) && strings.ContainsRune(":.=", rune(text[i+1])):
			if end := strings.Index(text[i+2:], text[i+1:i+2]+"]"); end >= 0 {
				i += 2 + end + 1
			}
		}
	}
	return len(text)
}

// find returns where the pattern is first in a text.
func (p Pattern) find(text string) (from, to int, ok bool) {
	if p.expression == nil {
		from = strings.Index(text, p.Text)
		return from, from + len(p.Text), from >= 0
	}
	at := p.expression.FindStringIndex(text)
	if at == nil {
		return 0, 0, false
	}
	return at[0], at[1], true
}
