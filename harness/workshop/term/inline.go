package term

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// inline renders the inline content of a node in the style of its surroundings.
func (w renderer) inline(parent ast.Node, style lipgloss.Style) string {
	var out strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		out.WriteString(w.span(n, style))
	}
	return out.String()
}

func (w renderer) span(n ast.Node, style lipgloss.Style) string {
	switch n := n.(type) {
	case *ast.Text:
		return styled(style, w.words(n)) + lineEnd(n)
	case *ast.String:
		return styled(style, string(n.Value))
	case *ast.CodeSpan:
		return w.codeSpan(n, style)
	case *ast.Emphasis:
		if n.Level == 1 {
			return w.inline(n, style.Italic(true))
		}
		return w.inline(n, style.Bold(true))
	case *ast.Link:
		return w.inline(n, style.Underline(true)) + w.address(n)
	case *ast.AutoLink:
		return styled(style.Underline(true), string(n.Label(w.source)))
	case *ast.Image:
		return styled(style.Italic(true), "[figure: ") + w.inline(n, style.Italic(true)) + styled(style.Italic(true), "]")
	case *ast.RawHTML:
		return ""
	}
	return w.inline(n, style)
}

// words returns the content of a text node with Markdown's escapes resolved.
func (w renderer) words(n *ast.Text) string {
	value := n.Segment.Value(w.source)
	if !n.IsRaw() {
		value = util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(value)))
	}
	return sanitize(string(value))
}

// lineEnd returns what the end of a source line becomes: a space, or a new line at a
// hard break.
func lineEnd(n *ast.Text) string {
	switch {
	case n.HardLineBreak():
		return "\n"
	case n.SoftLineBreak():
		return " "
	}
	return ""
}

// codeSpan renders code in a colour, or in backticks where there are no colours.
func (w renderer) codeSpan(n ast.Node, style lipgloss.Style) string {
	code := style.Foreground(w.theme.hues.cyan)
	if w.theme.colour {
		return w.inline(n, code)
	}
	return styled(style, "`") + w.inline(n, style) + styled(style, "`")
}

// address returns the URL of a link that leads out of the course.
func (w renderer) address(n *ast.Link) string {
	if to := string(n.Destination); strings.Contains(to, "://") {
		return " (" + to + ")"
	}
	return ""
}

// styled renders a piece of a line and keeps its spaces.
func styled(style lipgloss.Style, s string) string {
	if s == "" {
		return ""
	}
	return style.Inline(true).Render(s)
}
