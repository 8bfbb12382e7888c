package term

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

// do runs something on the workspace in the background and notes its error. Its effects
// arrive as events.
func (m *model) do(what func(context.Context, *labSession) error) tea.Cmd {
	s := m.session
	return m.tasks.run(func(ctx context.Context) tea.Msg {
		err := what(ctx, s)
		return outcome(func(m *model) tea.Cmd { m.noteError(err); return nil })
	})
}

// noteError shows an error in the status line, if there is one.
func (m *model) noteError(err error) {
	if err != nil {
		m.note = sanitize(err.Error())
	}
}

// warm starts the lab's machine ahead of its first use.
func (m *model) warm() tea.Cmd {
	return m.do(func(ctx context.Context, s *labSession) error { s.Warm(ctx); return nil })
}

// goToPage shows a page. Its step becomes the one that saves are checked for.
func (m *model) goToPage(page int) tea.Cmd {
	if page < 0 || page > len(m.session.lesson.Steps) {
		return nil
	}
	m.at = page
	m.noteError(m.session.Goto(m.step().Name))
	m.view = m.session.View()
	m.layOut()
	m.text.port.GotoTop()
	m.pane.fresh = true
	return nil
}

// check checks the step and shows the result pane.
func (m *model) check() tea.Cmd {
	if !workshop.IsChecked(m.step()) {
		m.note = "this step has nothing to check; n goes to the next"
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

// hint takes the next hint of the step.
func (m *model) hint() tea.Cmd {
	if m.at == 0 {
		m.note = "the introduction has no hints; n goes to the first step"
		return nil
	}
	_, left, err := m.session.Hint(m.step().Name)
	if err != nil {
		m.note = "this step has no hints"
		return nil
	}
	m.note = map[bool]string{true: "that is the last hint", false: fmt.Sprintf("%d more with h", left)}[left == 0]
	m.scrollToLastSection()
	return nil
}

// scrollToLastSection shows what was just added to the text.
func (m *model) scrollToLastSection() {
	m.pane.zoomed = false
	m.view = m.session.View()
	m.layOut()
	m.text.toLast()
}

// solve shows the step's solution, after a question if the student has not passed the
// step.
func (m *model) solve() tea.Cmd {
	if m.at == 0 {
		m.note = "the introduction has no solution; n goes to the first step"
		return nil
	}
	show := func(m *model) tea.Cmd {
		_, _, err := m.session.Solve(m.step().Name)
		m.noteError(err)
		m.scrollToLastSection()
		return nil
	}
	if p := m.progress(); p.Solved || !p.Done.IsZero() {
		return show(m)
	}
	m.overlay = question{"Show the solution of this step? Your C file stays as it is.", show}
	return nil
}

// reset starts a new machine, after a question.
func (m *model) reset() tea.Cmd {
	m.overlay = question{"Start a new machine? What you did in this one is lost; your C file stays.", resetting(false)}
	return nil
}

// restart starts a new machine and restores the starter, after a question.
func (m *model) restart() tea.Cmd {
	if m.session.CodePath() == "" {
		return m.reset()
	}
	m.overlay = question{"A new machine and the C file as it was at the start? Yours is kept beside it, as .old.", resetting(true)}
	return nil
}

// resetting returns the action that replaces the machine, and with code the C file.
func resetting(code bool) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd {
		m.pane.trace, m.pane.maps = trace{}, nil
		return m.do(func(ctx context.Context, s *labSession) error { return s.Reset(ctx, code) })
	}
}

// copyPath copies the path of the C file to the clipboard.
func (m *model) copyPath() tea.Cmd {
	if m.session.CodePath() == "" {
		m.noteError(workshop.ErrNoCode)
		return nil
	}
	m.note = "copied, if your terminal lets programs copy: " + m.session.CodePath()
	return tea.SetClipboard(m.session.CodePath())
}

// openShell gives the terminal to a shell in the machine.
func (m *model) openShell() tea.Cmd { return m.runForeground(m.session.shell) }
