package term

import tea "charm.land/bubbletea/v2"

// question asks before something that cannot be undone, or gives a solution away.
type question struct {
	text string
	yes  func(*model) tea.Cmd
}

func (q question) press(m *model, key string) (overlay, tea.Cmd) {
	switch key {
	case "y", "Y":
		m.overlay = nil
		cmd := q.yes(m)
		return m.overlay, cmd
	case "n", "N", "esc", "q":
		return nil, nil
	}
	return q, nil
}

// draw draws nothing: the question is in the footer.
func (question) draw(theme, int, int) []string { return nil }

func (q question) footer() string { return "y/n  " + q.text }
