package term

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

// menu is a list to choose from.
type menu struct {
	title  string
	lines  []string
	at     int
	choose func(m *model, i int) tea.Cmd
}

func (u *menu) press(m *model, key string) (overlay, tea.Cmd) {
	switch key {
	case "up", "p":
		u.at = max(u.at-1, 0)
	case "down", "n":
		u.at = min(u.at+1, len(u.lines)-1)
	case "home", "pgup":
		u.at = 0
	case "end", "pgdown":
		u.at = len(u.lines) - 1
	case "enter", "space":
		m.overlay = nil
		cmd := u.choose(m, u.at)
		return m.overlay, cmd
	case "esc", "q", "l", "k":
		return nil, nil
	}
	return u, nil
}

func (u *menu) draw(th theme, width, height int) []string {
	out := []string{th.title.Render(truncate(" "+u.title, width)), ""}
	room := max(height-len(out), 1)
	first := min(max(u.at-room/2, 0), max(len(u.lines)-room, 0))
	for i := first; i < min(first+room, len(u.lines)); i++ {
		line := truncate(" "+u.lines[i]+" ", width)
		if i == u.at {
			line = th.chosen.Render(line)
		}
		out = append(out, line)
	}
	return out
}

func (u *menu) footer() string { return "↑ ↓ choose · Enter select · Esc back" }

// chooseLab shows the labs and the progress in each.
func (m *model) chooseLab() tea.Cmd {
	labs := m.course.labs()
	u := &menu{title: "Labs", choose: func(m *model, i int) tea.Cmd { return m.goToLab(labs[i].name) }}
	for i, e := range labs {
		u.lines = append(u.lines, labLine(e))
		if e.name == m.session.lesson.Name {
			u.at = i
		}
	}
	m.overlay = u
	return nil
}

// labLine returns the line of a lab in the menu.
func labLine(e entry) string {
	mark := " "
	if e.of > 0 && e.done == e.of {
		mark = "✓"
	}
	return fmt.Sprintf("%s %2d/%-2d  %-18s %s", mark, e.done, e.of, e.name, e.title)
}

// goToLab opens another lab.
func (m *model) goToLab(name string) tea.Cmd {
	if err := m.openLab(name); err != nil {
		m.noteError(err)
		return nil
	}
	return m.startLab()
}

// chooseKernel asks for the kernel to compare with.
func (m *model) chooseKernel() tea.Cmd {
	names := m.course.kernels()
	switch {
	case !workshop.IsChecked(m.step()):
		m.note = "this step has nothing to compare; n goes to the next"
		return nil
	case len(names) < 2:
		m.note = "there is no other kernel: start the workshop with --kernel NAME,NAME"
		return nil
	}
	m.overlay = &menu{title: "Compare with another kernel", lines: names[1:], choose: func(m *model, i int) tea.Cmd { return m.compare(names[1+i]) }}
	return nil
}
