package term

import (
	"regexp"

	"charm.land/lipgloss/v2"
)

// cToken matches the tokens of C that have a colour: comments, literals, preprocessor
// lines, keywords, and types of the kernel.
var cToken = regexp.MustCompile(`(?s)(/\*.*?\*/|//[^\n]*)` +
	`|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')` +
	`|((?m:^ *#[^\n]*))` +
	`|\b(break|case|continue|default|do|else|enum|extern|for|goto|if|return|sizeof|static|struct|switch|typedef|union|volatile|while` +
	`|char|const|double|float|int|long|short|signed|unsigned|void|bool|_Bool|__[su](?:8|16|32|64)|__be(?:16|32|64)|[su](?:8|16|32|64)|size_t)\b`)

// c returns C code with colours.
func (th theme) c(code string) string {
	if !th.colour {
		return code
	}
	s := lipgloss.NewStyle()
	styles := []lipgloss.Style{th.dim, s.Foreground(th.hues.green), s.Foreground(th.hues.magenta), s.Foreground(th.hues.blue)}
	return replaceTokens(cToken, code, func(kind int, token string) string { return styles[kind].Render(token) })
}

// replaceTokens replaces what a pattern matches; kind is the number of the group that
// matched.
func replaceTokens(pattern *regexp.Regexp, text string, replace func(kind int, token string) string) string {
	out, end := "", 0
	for _, at := range pattern.FindAllStringSubmatchIndex(text, -1) {
		for kind := 1; 2*kind < len(at); kind++ {
			if at[2*kind] >= 0 {
				out += text[end:at[2*kind]] + replace(kind-1, text[at[2*kind]:at[2*kind+1]])
				end = at[2*kind+1]
			}
		}
	}
	return out + text[end:]
}
