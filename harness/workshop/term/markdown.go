package term

import (
	"strings"

	"charm.land/glamour/v2"
	"charm.land/glamour/v2/ansi"
	"charm.land/lipgloss/v2"
)

// textMargin is left free at each side of the lesson's text.
const textMargin = 1

// codeThemes are chroma's names of colours for C, by the background.
var codeThemes = map[background]string{dark: "github-dark", light: "github"}

// markdown renders a text to lines of at most width columns. A text that cannot be
// rendered is shown as it was written.
func (l look) markdown(text string, width int) []string {
	text = strings.ReplaceAll(text, "\t", strings.Repeat(" ", tabWidth))
	out := text
	r, err := glamour.NewTermRenderer(glamour.WithStyles(l.prose()), glamour.WithWordWrap(width), glamour.WithTableWrap(true))
	if err == nil {
		if s, err := r.Render(text); err == nil {
			out = s
		}
	}
	out = lipgloss.Wrap(strings.Trim(out, "\n"), width, "") // code has long lines, too
	return strings.Split(out, "\n")
}

// prose is the style of the lesson's text.
func (l look) prose() ansi.StyleConfig {
	heading := ansi.StylePrimitive{Bold: some(true), Color: some("4"), BlockSuffix: "\n"}
	code := ansi.StylePrimitive{Color: some("6")}
	if !l.colour {
		code = ansi.StylePrimitive{Prefix: "`", Suffix: "`"}
	}
	return ansi.StyleConfig{
		Document:   ansi.StyleBlock{Margin: some(uint(textMargin))},
		BlockQuote: ansi.StyleBlock{Indent: some(uint(1)), IndentToken: some("│ ")},
		List:       ansi.StyleList{LevelIndent: 2},
		Heading:    ansi.StyleBlock{StylePrimitive: heading},
		Emph:       ansi.StylePrimitive{Italic: some(true)}, Strong: ansi.StylePrimitive{Bold: some(true)},
		Strikethrough:  ansi.StylePrimitive{CrossedOut: some(true)},
		HorizontalRule: ansi.StylePrimitive{Format: "\n--------\n"},
		Item:           ansi.StylePrimitive{BlockPrefix: "• "}, Enumeration: ansi.StylePrimitive{BlockPrefix: ". "},
		Task: ansi.StyleTask{Ticked: "[x] ", Unticked: "[ ] "},
		Link: ansi.StylePrimitive{Underline: some(true)}, LinkText: ansi.StylePrimitive{Bold: some(true)},
		ImageText: ansi.StylePrimitive{Italic: some(true), Format: "[figure: {{.text}}: in the browser]"}, Image: ansi.StylePrimitive{Format: " "},
		Code:                  ansi.StyleBlock{StylePrimitive: code},
		CodeBlock:             ansi.StyleCodeBlock{StyleBlock: ansi.StyleBlock{Margin: some(uint(2))}, Theme: l.codeTheme()},
		DefinitionDescription: ansi.StylePrimitive{BlockPrefix: "\n  "},
	}
}

func (l look) codeTheme() string {
	if !l.colour {
		return ""
	}
	return codeThemes[l.background]
}

func some[T any](v T) *T { return &v }
