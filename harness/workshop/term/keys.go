package term

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// action is a key and what it does.
type action struct {
	key.Binding
	do func(*model) tea.Cmd
}

// on binds keys to an action, with the name and the help that the list of keys shows.
func on(keys []string, shown, help string, do func(*model) tea.Cmd) action {
	return action{key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, help)), do}
}

// quiet makes an action of a function that starts no command.
func quiet(do func(*model)) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { do(m); return nil }
}

// actions returns all keys in the groups in which the help shows them. It is a function
// because the help is itself one of the actions.
func actions() [][]action {
	return [][]action{
		{
			on([]string{"c", "enter"}, "c, Enter", "check the step", (*model).check),
			on([]string{"x"}, "x", "run the step's commands (as c)", (*model).check),
			on([]string{"e"}, "e", "edit the C file", (*model).edit),
			on([]string{"h"}, "h", "hint, one more each time", (*model).hint),
			on([]string{"s"}, "s", "solution", (*model).solve),
			on([]string{"t"}, "t", "shell in the machine", (*model).openShell),
			on([]string{"k"}, "k", "compare with another kernel", (*model).chooseKernel),
			on([]string{"r"}, "r", "new machine", (*model).reset),
			on([]string{"R"}, "R", "new machine and C file", (*model).restart),
		},
		{
			on([]string{"n", "right"}, "n, →", "next step", func(m *model) tea.Cmd { return m.goToPage(m.at + 1) }),
			on([]string{"p", "left"}, "p, ←", "previous step", func(m *model) tea.Cmd { return m.goToPage(m.at - 1) }),
			on([]string{"l"}, "l", "labs", (*model).chooseLab),
			on([]string{"up"}, "↑", "text up", quiet(func(m *model) { m.scrollTarget().ScrollUp(1) })),
			on([]string{"down"}, "↓", "text down", quiet(func(m *model) { m.scrollTarget().ScrollDown(1) })),
			on([]string{"pgup", "b"}, "PgUp", "page up", quiet(func(m *model) { m.scrollTarget().PageUp() })),
			on([]string{"pgdown", "space"}, "PgDn, space", "page down", quiet(func(m *model) { m.scrollTarget().PageDown() })),
			on([]string{"home", "g"}, "Home", "to the beginning", quiet(func(m *model) { m.scrollTarget().GotoTop() })),
			on([]string{"end", "G"}, "End", "to the end", quiet(func(m *model) { m.scrollTarget().GotoBottom() })),
		},
		{
			on([]string{"1"}, "1", "result of the check", quiet(func(m *model) { m.showPane(paneResult) })),
			on([]string{"2"}, "2", "the kernel's trace", quiet(func(m *model) { m.showPane(paneTrace) })),
			on([]string{"3"}, "3", "the maps' values", quiet(func(m *model) { m.showPane(paneMaps) })),
			on([]string{"tab"}, "Tab", "next pane", quiet(func(m *model) { m.showPane((m.pane.kind + 1) % paneKinds) })),
			on([]string{"K", "shift+up"}, "K", "result up", quiet(func(m *model) { m.pane.ScrollUp(1) })),
			on([]string{"J", "shift+down"}, "J", "result down", quiet(func(m *model) { m.pane.ScrollDown(1) })),
			on([]string{"z"}, "z", "enlarge the result", quiet((*model).zoom)),
			on([]string{"y"}, "y", "copy the C file's path", (*model).copyPath),
			on([]string{"?"}, "?", "all keys", quiet((*model).showKeys)),
			on([]string{"q", "ctrl+c"}, "q, Ctrl-C", "leave", func(*model) tea.Cmd { return tea.Quit }),
		},
	}
}

// shortHelp are the keys in the footer, the most important first.
var shortHelp = []struct{ key, does string }{
	{"c", "check"}, {"?", "keys"}, {"q", "leave"}, {"n/p", "step"}, {"h", "hint"}, {"e", "edit"},
	{"t", "shell"}, {"l", "labs"}, {"1 2 3", "result trace maps"}, {"s", "solution"}, {"k", "compare"}, {"z", "zoom"},
}

// press runs the action of a key.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	for _, group := range m.keys {
		for _, a := range group {
			if key.Matches(k, a.Binding) {
				return a.do(m)
			}
		}
	}
	return nil
}
