package term

import (
	"strings"

	"charm.land/bubbles/v2/viewport"
)

// pager is a text that covers the lesson and can be scrolled.
type pager struct {
	port  viewport.Model
	made  bool
	shown string
}

// page draws the text below a title.
func (p *pager) page(th theme, title, text string, width, height int) []string {
	if !p.made {
		p.port, p.made = viewport.New(), true
	}
	p.port.SetWidth(width)
	p.port.SetHeight(max(height-2, 1))
	if text != p.shown {
		p.shown = text
		p.port.SetContentLines(strings.Split(" "+strings.ReplaceAll(text, "\n", "\n "), "\n"))
	}
	return append([]string{th.title.Render(truncate(" "+title, width)), ""}, strings.Split(p.port.View(), "\n")...)
}

// scroll handles a key for scrolling, and reports whether it was one.
func (p *pager) scroll(key string) bool {
	switch key {
	case "up", "K":
		p.port.ScrollUp(1)
	case "down", "J":
		p.port.ScrollDown(1)
	case "pgup", "b":
		p.port.PageUp()
	case "pgdown", "space":
		p.port.PageDown()
	case "home":
		p.port.GotoTop()
	case "end":
		p.port.GotoBottom()
	default:
		return false
	}
	return true
}

func (p *pager) footer() string {
	if p.made && !(p.port.AtTop() && p.port.AtBottom()) {
		return "↑ ↓ PgUp PgDn scroll · any other key goes back"
	}
	return "any key goes back"
}
