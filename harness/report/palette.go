package report

import (
	"image/color"

	"charm.land/lipgloss/v2"

	"github.com/bpflab/bpflab/harness/verdict"
)

// palette colours single lines of cleaned text. The zero value leaves them as
// they are.
type palette struct{ colours bool }

func (p palette) verdict(v verdict.Verdict, text string) string {
	colour, ok := verdictColours[v]
	if !ok {
		return text
	}
	return p.paint(lipgloss.NewStyle().Foreground(colour), text)
}

// word returns a verdict as it is shown: a flaky pass has a word of its own.
func (p palette) word(v verdict.Verdict, flaky bool) string {
	shown := word(v, flaky)
	return p.verdict(verdict.Verdict(shown), shown)
}

var verdictColours = map[verdict.Verdict]color.Color{
	verdict.Pass:        lipgloss.Green,
	verdict.Unsupported: lipgloss.Yellow,
	flakyWord:           lipgloss.Yellow,
	verdict.Fail:        lipgloss.Red,
	verdict.Timeout:     lipgloss.Red,
	verdict.Infra:       lipgloss.Magenta,
}

func (p palette) bold(text string) string { return p.paint(lipgloss.NewStyle().Bold(true), text) }

func (p palette) dim(text string) string { return p.paint(lipgloss.NewStyle().Faint(true), text) }

func (p palette) paint(style lipgloss.Style, text string) string {
	if !p.colours || text == "" {
		return text
	}
	return style.Render(text)
}
