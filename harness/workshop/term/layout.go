package term

import tea "charm.land/bubbletea/v2"

// The smallest window that the front end can be shown in.
const (
	minWidth  = 30
	minHeight = 8
)

// Windows of at least wideFrom columns have the text at the left and the pane at the
// right; in others the pane is below. Text is at most textWidth columns wide, since
// longer lines are hard to read.
const (
	wideFrom  = 110
	textWidth = 84
)

// bars is the number of lines around the body: the title, the status of the machine,
// and the keys.
const bars = 3

func (m *model) tooSmall() bool { return m.size.Width < minWidth || m.size.Height < minHeight }
func (m *model) wide() bool     { return m.size.Width >= wideFrom }
func (m *model) body() int      { return m.size.Height - bars }

// layOut sets the size and the content of every part of the screen.
func (m *model) layOut() {
	if m.tooSmall() {
		return
	}
	text, pane := m.parts()
	m.text.port.SetWidth(text.Width)
	m.text.port.SetHeight(text.Height)
	m.pane.SetWidth(pane.Width)
	m.pane.SetHeight(pane.Height)
	m.text.show(m.theme, m.pageSections(), min(text.Width, textWidth))
	m.fillPane()
}

// parts returns the sizes of the text and of the pane, without the line of the pane's
// tabs.
func (m *model) parts() (text, pane tea.WindowSizeMsg) {
	w, h := m.size.Width, m.body()
	switch {
	case m.pane.zoomed:
		return tea.WindowSizeMsg{Width: w, Height: h}, tea.WindowSizeMsg{Width: w - 2, Height: h - 1}
	case m.wide():
		left := min(textWidth, w*64/100)
		return tea.WindowSizeMsg{Width: left, Height: h}, tea.WindowSizeMsg{Width: w - left - 3, Height: h - 1}
	}
	below := max(h*2/5, 2)
	return tea.WindowSizeMsg{Width: w, Height: h - below - 1}, tea.WindowSizeMsg{Width: w - 2, Height: below}
}

// pageSections returns the Markdown of the current page.
func (m *model) pageSections() []string {
	if m.at == 0 {
		return introduction(m.session.lesson)
	}
	return sections(m.step(), m.progress(), m.session.lesson.Solution)
}

// wheel scrolls the part that the mouse is on.
func (m *model) wheel(msg tea.MouseWheelMsg) {
	port := m.scrollTarget()
	switch text, _ := m.parts(); {
	case m.pane.zoomed:
	case m.wide() && msg.X > text.Width, !m.wide() && msg.Y > text.Height:
		port = &m.pane.Model
	}
	switch msg.Button {
	case tea.MouseWheelUp:
		port.ScrollUp(3)
	case tea.MouseWheelDown:
		port.ScrollDown(3)
	}
}
