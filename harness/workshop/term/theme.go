package term

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// background is the background colour of the terminal.
type background int

// The backgrounds. A terminal that does not report its own is unknown.
const (
	unknown background = iota
	dark
	light
)

// hues are the colours for emphasis on a background.
type hues struct{ blue, green, red, magenta, cyan color.Color }

// palettes uses the terminal's own colours where the background is unknown, since its
// user chose those to be readable.
var palettes = map[background]hues{
	unknown: {lipgloss.Blue, lipgloss.Green, lipgloss.Red, lipgloss.Magenta, lipgloss.Cyan},
	dark:    {lipgloss.Color("#6cb6ff"), lipgloss.Color("#57c26b"), lipgloss.Color("#ff7b72"), lipgloss.Color("#d2a8ff"), lipgloss.Color("#56c8d8")},
	light:   {lipgloss.Color("#0550ae"), lipgloss.Color("#116329"), lipgloss.Color("#b3152a"), lipgloss.Color("#7a34c9"), lipgloss.Color("#0b6a78")},
}

// theme is the set of styles for this terminal.
type theme struct {
	background background
	colour     bool
	hues       hues
	title      lipgloss.Style
	good       lipgloss.Style
	bad        lipgloss.Style
	warn       lipgloss.Style
	dim        lipgloss.Style
	bold       lipgloss.Style
	key        lipgloss.Style
	chosen     lipgloss.Style
}

// newTheme returns the styles for a background, with or without colours.
func newTheme(b background, colour bool) theme {
	s, h := lipgloss.NewStyle(), palettes[b]
	return theme{
		background: b, colour: colour, hues: h,
		title: s.Bold(true).Foreground(h.blue), good: s.Bold(true).Foreground(h.green), bad: s.Bold(true).Foreground(h.red),
		warn: s.Foreground(h.magenta), dim: s.Faint(true), bold: s.Bold(true),
		key: s.Bold(true).Foreground(h.cyan), chosen: s.Reverse(true),
	}
}
