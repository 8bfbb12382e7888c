package term

import "charm.land/lipgloss/v2"

// background is the terminal's.
type background int

// The backgrounds. One that the terminal has not told gets no colours that one of the
// others would swallow.
const (
	unknown background = iota
	dark
	light
)

// look is how things look on this terminal. Its colours are the terminal's own 16,
// which its user has chosen to be read on the background.
type look struct {
	background background
	colour     bool
	title      lipgloss.Style
	good       lipgloss.Style
	bad        lipgloss.Style
	warn       lipgloss.Style
	dim        lipgloss.Style
	bold       lipgloss.Style
	key        lipgloss.Style
	chosen     lipgloss.Style
}

func newLook(b background, colour bool) look {
	s := lipgloss.NewStyle()
	return look{
		background: b, colour: colour,
		title: s.Bold(true).Foreground(lipgloss.Blue),
		good:  s.Bold(true).Foreground(lipgloss.Green), bad: s.Bold(true).Foreground(lipgloss.Red),
		warn: s.Foreground(lipgloss.Yellow), dim: s.Faint(true), bold: s.Bold(true),
		key: s.Bold(true).Foreground(lipgloss.Cyan), chosen: s.Reverse(true),
	}
}
