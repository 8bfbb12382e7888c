package term

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/charmbracelet/x/ansi"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// parser parses the Markdown of lessons.
var parser = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Linkify)).Parser()

// markdown renders a text to lines of at most width columns.
//
// It does not use glamour because this binary is the guests' agent, too: with chroma's
// lexers, glamour would make the binary a quarter larger and each start a third slower,
// and it does not indent the continuation lines of list items.
func (th theme) markdown(source string, width int) []string {
	w := renderer{theme: th, source: []byte(sanitize(source))}
	return prefixed(" ", " ", w.blocks(parser.Parse(text.NewReader(w.source)), width-2))
}

// renderer renders the blocks of a text.
type renderer struct {
	theme  theme
	source []byte
}

// blocks renders all blocks in a node, with an empty line between them.
func (w renderer) blocks(parent ast.Node, width int) []string {
	var out []string
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		lines := w.block(n, max(width, 1))
		if len(out) > 0 && len(lines) > 0 && !tight(n) {
			out = append(out, "")
		}
		out = append(out, lines...)
	}
	return out
}

// tight reports whether a block follows the one before it without an empty line, as in
// the items of a tight list.
func tight(n ast.Node) bool {
	for n := n; n != nil && n.Kind() != ast.KindDocument; n = n.Parent() {
		if list, ok := n.Parent().(*ast.List); ok {
			return list.IsTight
		}
	}
	return false
}

// block renders one block.
func (w renderer) block(n ast.Node, width int) []string {
	switch n := n.(type) {
	case *ast.Heading:
		return w.wrap(w.inline(n, w.theme.title), width)
	case *ast.List:
		return w.list(n, width)
	case *ast.FencedCodeBlock:
		return w.code(n, string(n.Language(w.source)), width)
	case *ast.CodeBlock:
		return w.code(n, "", width)
	case *ast.Blockquote:
		return prefixed("│ ", "│ ", w.blocks(n, width-2))
	case *ast.ThematicBreak:
		return []string{w.theme.dim.Render(strings.Repeat("─", width))}
	case *ast.HTMLBlock:
		return nil
	case *extast.Table:
		return w.table(n, width)
	}
	return w.wrap(w.inline(n, lipgloss.NewStyle()), width)
}

// wrap breaks styled text into lines.
func (w renderer) wrap(s string, width int) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	width = max(width, 1)
	var out []string
	for line := range strings.SplitSeq(lipgloss.Wrap(s, width, ""), "\n") {
		// Wrap lets a line that breaks at a run of hyphens be longer than it may.
		out = append(out, strings.Split(ansi.Hardwrap(line, width, true), "\n")...)
	}
	return out
}

// list renders a list's items, each after its bullet or number.
func (w renderer) list(list *ast.List, width int) []string {
	var out []string
	number := list.Start
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		label := "• "
		if list.IsOrdered() {
			label = fmt.Sprintf("%d. ", number)
			number++
		}
		indent := ansi.StringWidth(label)
		if len(out) > 0 && !list.IsTight {
			out = append(out, "")
		}
		out = append(out, prefixed(label, strings.Repeat(" ", indent), w.blocks(item, width-indent))...)
	}
	return out
}

// codeIndent sets code blocks off from the text.
const codeIndent = "  "

// code renders a code block, whose long lines continue on the next line.
func (w renderer) code(n ast.Node, language string, width int) []string {
	s := strings.TrimRight(string(n.Lines().Value(w.source)), "\n")
	if language == "c" {
		s = w.theme.c(s)
	}
	s = lipgloss.NewStyle().TabWidth(lipgloss.NoTabConversion).Render(s)
	return prefixed(codeIndent, codeIndent, w.wrap(s, max(width-len(codeIndent), 1)))
}

// table renders a table, as wide as its content if there is room.
func (w renderer) table(n *extast.Table, width int) []string {
	t := table.New().Border(lipgloss.NormalBorder()).BorderStyle(w.theme.dim).BorderTop(false).BorderBottom(false).
		BorderLeft(false).BorderRight(false).StyleFunc(func(int, int) lipgloss.Style { return lipgloss.NewStyle().Padding(0, 1) })
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		style := lipgloss.NewStyle()
		if row.Kind() == extast.KindTableHeader {
			style = w.theme.bold
		}
		var cells []string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, w.inline(cell, style))
		}
		if row.Kind() == extast.KindTableHeader {
			t.Headers(cells...)
		} else {
			t.Row(cells...)
		}
	}
	if s := t.Render(); lipgloss.Width(s) <= width {
		return strings.Split(s, "\n")
	}
	return strings.Split(t.Width(width).Render(), "\n")
}

// prefixed puts one prefix before the first line, and another one before the further
// lines that are not empty.
func prefixed(first, others string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		switch {
		case i == 0:
			out[i] = first + line
		case line != "":
			out[i] = others + line
		}
	}
	return out
}
