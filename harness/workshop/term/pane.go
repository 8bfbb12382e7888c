package term

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/viewport"

	"github.com/bpflab/bpflab/harness/workshop"
)

// paneKind is one of the things that the pane below or beside the text shows.
type paneKind int

const (
	paneResult paneKind = iota
	paneTrace
	paneMaps
	paneKinds
)

// pane shows the result of the last check, the trace, or the maps.
type pane struct {
	viewport.Model
	kind   paneKind
	zoomed bool
	fresh  bool // a result has not been shown yet
	trace  trace
	maps   []workshop.MapView
	shown  string // what is in the viewport
}

// showPane selects what the pane shows.
func (m *model) showPane(k paneKind) {
	m.pane.kind = k
	m.fillPane()
	if k != paneTrace {
		m.pane.GotoTop()
	}
}

// zoom gives the pane the whole screen, or takes it back.
func (m *model) zoom() { m.pane.zoomed = !m.pane.zoomed }

// scrollTarget returns what the keys for scrolling scroll: the text, or the pane if it
// has the whole screen.
func (m *model) scrollTarget() *viewport.Model {
	if m.pane.zoomed {
		return &m.pane.Model
	}
	return &m.text.port
}

// fillPane updates the pane. It shows a new result from its beginning, and follows the
// trace while its end is visible.
func (m *model) fillPane() {
	p := &m.pane
	end := p.kind == paneTrace && p.AtBottom()
	text := m.paneText(p.Width())
	if key := fmt.Sprint(p.kind, text); key != p.shown {
		p.shown = key
		p.SetContentLines(strings.Split(text, "\n"))
	}
	switch {
	case end:
		p.GotoBottom()
	case p.kind == paneResult && p.fresh:
		p.GotoTop()
		p.fresh = false
	case p.PastBottom():
		p.GotoBottom()
	}
}

// paneText returns the content of the pane.
func (m *model) paneText(width int) string {
	switch m.pane.kind {
	case paneTrace:
		return strings.Join(m.pane.trace.show(m.theme, width), "\n")
	case paneMaps:
		return strings.Join(m.theme.mapValues(m.pane.maps, width), "\n")
	}
	return m.resultText(width)
}

// paneListing is how many lines of outputs and logs the pane shows.
const paneListing = 200

// resultText returns the result of the step's last check, and what to do next.
func (m *model) resultText(width int) string {
	last := m.progress().Last
	switch {
	case !workshop.IsChecked(m.step()):
		return strings.Join(wrapped("This step is only to be read: it has nothing to check.", width), "\n")
	case last == nil:
		return strings.Join(m.unchecked(width), "\n")
	case last.Passed():
		return m.theme.result(last, m.next(), width, paneListing)
	}
	return m.theme.result(last, "", width, paneListing)
}

// unchecked says what to do in a step that has not been checked.
func (m *model) unchecked(width int) []string {
	if m.session.CodePath() == "" {
		return wrapped("Not checked yet: c runs the step and checks it.", width)
	}
	out := wrapped("Not checked yet; c checks. Edit your C file here with e, or in another window with any editor. Each save is checked automatically:", width)
	return append(out, wrapped(tilde(m.session.CodePath()), width)...)
}

// next says what comes after a step that passed.
func (m *model) next() string {
	switch done, of := m.stepsDone(); {
	case done == of:
		return "You have finished this lab. l shows the others."
	case max(m.at, 1) < len(m.session.lesson.Steps):
		return "n goes to the next step."
	}
	return "Some steps are not done yet: see the marks above."
}

// tabs returns the line with the names of what the pane can show.
func (m *model) tabs() string {
	names := []string{"1 Result", "2 Trace", "3 Maps"}
	if last := m.progress().Last; last != nil {
		names[0] += map[bool]string{true: " ✓", false: " ✗"}[last.Passed()]
	}
	if n := len(m.pane.trace.lines); n > 0 {
		names[1] += fmt.Sprintf(" (%d)", n)
	}
	if n := len(m.pane.maps); n > 0 {
		names[2] += fmt.Sprintf(" (%d)", n)
	}
	out := m.theme.dim.Render("──")
	for i, name := range names {
		style := m.theme.bold
		if paneKind(i) == m.pane.kind {
			style = m.theme.chosen
		}
		out += style.Render(" "+name+" ") + m.theme.dim.Render("─")
	}
	return out
}
