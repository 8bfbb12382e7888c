package term

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// keysHelp shows all keys.
type keysHelp struct {
	keys [][]action
	path string // of the C file
	pager
}

func (m *model) showKeys() { m.overlay = &keysHelp{keys: m.keys, path: m.session.CodePath()} }

func (h *keysHelp) press(_ *model, key string) (overlay, tea.Cmd) {
	if h.scroll(key) {
		return h, nil
	}
	return nil, nil
}

func (h *keysHelp) draw(th theme, width, height int) []string {
	return h.page(th, "Keys", h.text(th, width-2), width, height)
}

// text returns the groups of keys, as many beside each other as there is room for.
func (h *keysHelp) text(th theme, width int) string {
	var rows []string
	row, used := []string{}, 0
	for _, group := range h.keys {
		column := keyColumn(th, group)
		w := lipgloss.Width(column)
		if used > 0 && used+w > width {
			rows, row, used = append(rows, lipgloss.JoinHorizontal(lipgloss.Top, row...)), nil, 0
		}
		row, used = append(row, column), used+w
	}
	rows = append(rows, lipgloss.JoinHorizontal(lipgloss.Top, row...))
	notes := wrapped("Shift with the mouse selects text. In the shell, Ctrl-D ends it, and Ctrl-] returns here and keeps it running.", width)
	if h.path != "" {
		notes = append(notes, "", "Your C file, for any editor:", h.path)
	}
	return strings.Join(append(rows, strings.Join(notes, "\n")), "\n\n")
}

func keyColumn(th theme, group []action) string {
	var lines []string
	wide := 0
	for _, a := range group {
		wide = max(wide, ansi.StringWidth(a.Help().Key))
	}
	for _, a := range group {
		help := a.Help()
		pad := strings.Repeat(" ", wide-ansi.StringWidth(help.Key))
		lines = append(lines, fmt.Sprintf("%s%s  %s  ", th.key.Render(help.Key), pad, help.Desc))
	}
	return strings.Join(lines, "\n")
}
