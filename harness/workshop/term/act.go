package term

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

// do does something with the desk beside the screen, and notes what went wrong. What
// came of it is heard as news.
func (m *model) do(what func(context.Context, *labSession) error) tea.Cmd {
	s := m.session
	return m.tasks.run(func(ctx context.Context) tea.Msg {
		err := what(ctx, s)
		return outcome(func(m *model) tea.Cmd { m.noteError(err); return nil })
	})
}

// wrong notes an error, if there is one.
func (m *model) noteError(err error) {
	if err != nil {
		m.note = sanitize(err.Error())
	}
}

func (m *model) warm() tea.Cmd {
	return m.do(func(ctx context.Context, s *labSession) error { s.Warm(ctx); return nil })
}

// turn goes to a page. The step on it becomes the one that saves are checked for.
func (m *model) goToPage(page int) tea.Cmd {
	if page < 0 || page > len(m.session.lesson.Steps) {
		return nil
	}
	m.at = page
	m.noteError(m.session.Goto(m.step().Name))
	m.view = m.session.View()
	m.arrange()
	m.text.port.GotoTop()
	m.pane.fresh = true
	return nil
}

func (m *model) check() tea.Cmd {
	if !workshop.IsChecked(m.step()) {
		m.note = "this step has nothing to check: n goes on"
		return nil
	}
	if m.at == 0 {
		m.goToPage(1)
	}
	m.showPane(paneResult)
	step := m.step().Name
	return m.do(func(ctx context.Context, s *labSession) error {
		_, err := s.Check(ctx, step)
		return err
	})
}

func (m *model) hint() tea.Cmd {
	if m.at == 0 {
		m.note = "hints belong to the steps: n goes to the first"
		return nil
	}
	_, left, err := m.session.Hint(m.step().Name)
	if err != nil {
		m.note = "this step has no hints"
		return nil
	}
	m.note = map[bool]string{true: "that is the last hint", false: fmt.Sprintf("%d more with h", left)}[left == 0]
	m.toLastSection()
	return nil
}

// toLastSection shows what was just added to the text.
func (m *model) toLastSection() {
	m.pane.zoomed = false
	m.view = m.session.View()
	m.arrange()
	m.text.toLast()
}

func (m *model) solve() tea.Cmd {
	if m.at == 0 {
		m.note = "solutions belong to the steps: n goes to the first"
		return nil
	}
	show := func(m *model) tea.Cmd {
		_, _, err := m.session.Solve(m.step().Name)
		m.noteError(err)
		m.toLastSection()
		return nil
	}
	if p := m.progress(); p.Solved || !p.Done.IsZero() {
		return show(m)
	}
	m.overlay = question{"Show the solution of this step? Your C file stays as it is.", show}
	return nil
}

func (m *model) reset() tea.Cmd {
	m.overlay = question{"Start a new machine? What you did in this one is gone; your C file stays.", resetting(false)}
	return nil
}

func (m *model) restart() tea.Cmd {
	if m.session.CodePath() == "" {
		return m.reset()
	}
	m.overlay = question{"A new machine and the starter's C file? Yours is kept beside it, as .old.", resetting(true)}
	return nil
}

func resetting(code bool) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd {
		m.pane.trace, m.pane.maps = trace{}, nil
		return m.do(func(ctx context.Context, s *labSession) error { return s.Reset(ctx, code) })
	}
}

func (m *model) copyPath() tea.Cmd {
	if m.session.CodePath() == "" {
		m.noteError(workshop.ErrNoCode)
		return nil
	}
	m.note = "copied, if your terminal lets programs do so: " + m.session.CodePath()
	return tea.SetClipboard(m.session.CodePath())
}

// openShell leaves the terminal to a shell in the machine.
func (m *model) openShell() tea.Cmd { return m.runForeground(m.session.shell) }
