package term

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

// compare runs the step on the student's kernel and on another one, with the current C
// file.
func (m *model) compare(kernel string) tea.Cmd {
	s, step := m.session, m.step().Name
	m.overlay = &comparison{title: m.step().Title, other: kernel}
	return m.tasks.run(func(ctx context.Context) tea.Msg {
		own, err := s.Check(ctx, step)
		var other *workshop.Report
		if err == nil {
			other, err = s.Compare(ctx, kernel, step)
		}
		if err == nil && own.Digest != other.Digest {
			err = errors.New("the C file was saved while the step ran: compare again")
		}
		return outcome(func(m *model) tea.Cmd { m.compared(kernel, own, other, err); return nil })
	})
}

// compared shows the two reports, if the student still waits for them.
func (m *model) compared(kernel string, own, other *workshop.Report, err error) {
	c, waiting := m.overlay.(*comparison)
	if !waiting || c.other != kernel || c.reports != nil {
		return
	}
	if err != nil {
		m.overlay = nil
		m.noteError(err)
		return
	}
	c.reports = []*workshop.Report{own, other}
}

// comparison shows a step on two kernels, side by side if there is room.
type comparison struct {
	title, other string
	reports      []*workshop.Report // nil until both exist
	pager
}

// sideBySide is the least width for that, and comparedListing how many lines of outputs
// and logs are shown.
const (
	sideBySide      = 100
	comparedListing = 4
)

func (c *comparison) draw(th theme, width, height int) []string {
	return c.page(th, "Two kernels: "+c.title, c.text(th, width-2), width, height)
}

func (c *comparison) text(th theme, width int) string {
	if c.reports == nil {
		return strings.Join(wrapped("The step runs on your kernel, and then on "+c.other+". A kernel takes longer the first time.", width), "\n")
	}
	if width < sideBySide {
		return th.result(c.reports[0], "", width, comparedListing) + "\n\n" + th.result(c.reports[1], "", width, comparedListing)
	}
	half := width/2 - 2
	column := lipgloss.NewStyle().Width(half + 4)
	return lipgloss.JoinHorizontal(lipgloss.Top, column.Render(th.result(c.reports[0], "", half, comparedListing)), th.result(c.reports[1], "", half, comparedListing))
}

func (c *comparison) press(_ *model, key string) (overlay, tea.Cmd) {
	if c.scroll(key) {
		return c, nil
	}
	return nil, nil
}
