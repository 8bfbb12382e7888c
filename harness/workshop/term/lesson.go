package term

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/viewport"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/workshop"
)

// lesson is the text of the current page: the step, and below it the hints taken and
// the solution once it was asked for.
type lesson struct {
	port  viewport.Model
	shown string // what is in port
	last  int    // the line at which the last section begins
}

// show shows sections of Markdown. It keeps the position if they are the ones shown
// already, or those and one more.
func (l *lesson) show(theme theme, sections []string, width int) {
	key := fmt.Sprint(theme.background, theme.colour, width, sections)
	if key == l.shown {
		return
	}
	l.shown = key
	var lines []string
	for i, s := range sections {
		if i > 0 {
			lines = append(lines, "")
		}
		l.last = len(lines)
		lines = append(lines, theme.markdown(s, width)...)
	}
	l.port.SetContentLines(lines)
}

// toLast scrolls to the last section.
func (l *lesson) toLast() { l.port.SetYOffset(l.last) }

// position returns how far down the window is in the text, or "" if all of it is
// visible.
func (l *lesson) position() string {
	switch {
	case l.port.AtBottom() && l.port.AtTop():
		return ""
	case l.port.AtBottom():
		return "end"
	}
	return fmt.Sprintf("%d%%", int(100*l.port.ScrollPercent()))
}

// introduction returns the text before the first step.
func introduction(l *workshop.Lesson) []string {
	text := "# " + l.Title + "\n\n" + l.Intro
	if l.Duration != "" {
		text += "\n\n*Takes about " + l.Duration + ".*"
	}
	return []string{text}
}

// sections returns a step's text and those of its hints and its solution that the
// student has seen.
func sections(s lab.Step, p workshop.Progress, solution []byte) []string {
	out := []string{"## " + s.Title + "\n\n" + s.Prose}
	for i, hint := range s.Hints[:min(p.Hints, len(s.Hints))] {
		out = append(out, fmt.Sprintf("### Hint %d of %d\n\n%s", i+1, len(s.Hints), hint))
	}
	if p.Solved {
		out = append(out, "### Solution\n\n"+solutionText(s, solution))
	}
	return out
}

// solutionText returns the step's solution in Markdown, or the lab's C file.
func solutionText(s lab.Step, solution []byte) string {
	switch {
	case s.Solution != "":
		return s.Solution
	case len(solution) > 0:
		return "```c\n" + strings.TrimRight(string(solution), "\n") + "\n```"
	}
	return "This step has no solution beyond its text."
}
