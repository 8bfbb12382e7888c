package term

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/bpflab/bpflab/harness/workshop"
)

// View implements tea.Model.
func (m *model) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen, v.MouseMode = true, tea.MouseModeCellMotion
	if m.session != nil {
		v.WindowTitle = "bpflab: " + m.session.lesson.Title
	}
	return v
}

// screen returns everything that is shown, line by line.
func (m *model) screen() string {
	switch {
	case m.size.Width == 0 || m.session == nil:
		return ""
	case m.tooSmall():
		text := fmt.Sprintf("This window is too small: make it %d x %d or larger. q leaves.", minWidth, minHeight)
		lines := wrapped(text, m.size.Width)
		return strings.Join(lines[:min(len(lines), m.size.Height)], "\n")
	}
	lines := append([]string{m.header()}, m.middle()...)
	for len(lines) < m.size.Height-2 {
		lines = append(lines, "")
	}
	return strings.Join(append(lines[:m.size.Height-2], m.status(), m.footer()), "\n")
}

// middle returns the lines between the title and the status of the machine.
func (m *model) middle() []string {
	if m.overlay != nil {
		if lines := m.overlay.draw(m.theme, m.size.Width, m.body()); lines != nil {
			return lines
		}
	}
	text, pane := m.parts()
	below := indented(m.pane.View())
	switch {
	case m.pane.zoomed:
		return append([]string{m.rule(pane.Width + 2)}, below...)
	case m.wide():
		return m.beside(text, pane, below)
	}
	return append(append(strings.Split(m.text.port.View(), "\n"), m.rule(m.size.Width)), below...)
}

// beside returns the text with the pane at its right.
func (m *model) beside(text, pane tea.WindowSizeMsg, lines []string) []string {
	right := append([]string{m.rule(pane.Width + 1)}, lines...)
	line := m.theme.dim.Render(strings.TrimRight(strings.Repeat("│\n", m.body()), "\n"))
	left := lipgloss.NewStyle().Width(text.Width).Render(m.text.port.View())
	return strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, left, " ", line, strings.Join(right, "\n")), "\n")
}

// indented splits a text into lines and indents them by a space.
func indented(text string) []string {
	return strings.Split(" "+strings.ReplaceAll(text, "\n", "\n "), "\n")
}

// rule returns the line above the pane: its tabs, and how to see the rest.
func (m *model) rule(width int) string {
	tabs := truncate(m.tabs(), width)
	room, more := width-ansi.StringWidth(tabs), ""
	if !m.pane.AtBottom() && room > len(paneMore) {
		more = paneMore
	}
	return tabs + m.theme.dim.Render(strings.Repeat("─", max(room-len(more), 0))+more)
}

// paneMore names the keys that scroll the pane and enlarge it.
const paneMore = " more: J, z "

// header returns the line of the lab, the page, and the student's progress.
func (m *model) header() string {
	page := "introduction"
	if m.at > 0 {
		page = fmt.Sprintf("step %d of %d", m.at, len(m.session.lesson.Steps))
	}
	marks := m.marks()
	if at := m.text.position(); at != "" && m.overlay == nil {
		page += " · " + at
	}
	room := m.size.Width - ansi.StringWidth(marks) - ansi.StringWidth(page) - 6
	left := " " + m.theme.title.Render(truncate(m.session.lesson.Title, room)) + "  " + page
	return justify(left, marks+" ", m.size.Width)
}

// marks returns a sign for each step: done, not done, or only to be read. The current
// step stands out.
func (m *model) marks() string {
	var out []string
	for i, s := range m.session.lesson.Steps {
		mark, style := "○", m.theme.dim
		switch {
		case !m.view.Steps[s.Name].Done.IsZero():
			mark, style = "✓", m.theme.good
		case !workshop.IsChecked(s):
			mark = "·"
		}
		if i+1 == m.at {
			style = m.theme.chosen
		}
		out = append(out, style.Render(mark))
	}
	return strings.Join(out, " ")
}

// stepsDone returns how many of the steps that can be checked are done, and how many
// there are.
func (m *model) stepsDone() (done, of int) {
	for _, name := range m.session.lesson.Checked() {
		if of++; !m.view.Steps[name].Done.IsZero() {
			done++
		}
	}
	return done, of
}

// status returns the line of the machine: its kernel, what it is doing, and the path of
// the C file or a note.
func (m *model) status() string {
	left := " " + m.machine()
	if m.note != "" {
		return truncate(left+"  "+m.theme.warn.Render(oneLine(m.note)), m.size.Width)
	}
	return justify(left, m.theme.dim.Render(tilde(m.session.CodePath()))+" ", m.size.Width)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// tilde replaces the home directory in a path by ~.
func tilde(path string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	if rest, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(rest) {
		return filepath.Join("~", rest)
	}
	return path
}

// machine describes the machine and what it is doing.
func (m *model) machine() string {
	name := m.view.Machine.Release
	if name == "" {
		name = "kernel " + m.view.Kernel
	}
	name = m.theme.bold.Render(name)
	if m.busy() {
		return name + " " + m.theme.key.Render(m.spinner.View()) + " " + m.activity()
	}
	switch mv := m.view.Machine; mv.Phase {
	case workshop.PhaseReady:
		return name + " " + m.theme.good.Render("ready")
	case workshop.PhaseGone:
		return name + " " + m.theme.bad.Render("gone: "+oneLine(sanitize(mv.Text)))
	}
	return name + " " + m.theme.dim.Render("no machine yet")
}

var busyText = map[workshop.Busy]string{
	workshop.BusyWaiting:  "waiting for other checks",
	workshop.BusyBuilding: "compiling",
	workshop.BusyStarting: "starting a machine",
	workshop.BusyChecking: "running the step",
}

// activity describes what is going on.
func (m *model) activity() string {
	switch {
	case m.loading != "":
		return oneLine(sanitize(m.loading))
	case m.view.Ahead > 0:
		return fmt.Sprintf("%s (%d before yours)", busyText[m.view.Busy], m.view.Ahead)
	case m.view.Busy != "":
		return busyText[m.view.Busy]
	}
	return busyText[workshop.BusyStarting]
}

// footer returns the line of keys: the overlay's, or as many of the most important ones
// as there is room for.
func (m *model) footer() string {
	if m.overlay != nil {
		return truncate(" "+m.theme.key.Render(m.overlay.footer()), m.size.Width)
	}
	out := ""
	for _, k := range shortHelp {
		next := " " + m.theme.key.Render(k.key) + " " + k.does + " "
		if ansi.StringWidth(out+next) > m.size.Width {
			break
		}
		out += next
	}
	return out
}
