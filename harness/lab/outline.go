package lab

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/bpflab/bpflab/harness/document"
)

// section is a heading of level 1 or 2 and the blocks up to the next one. The
// first section of a document has no heading.
type section struct {
	title    string
	level    int // 0 without a heading
	line     int // of the heading
	from, to int // lines of the text, to is the first that is not part of it
	blocks   []ast.Node
}

// newParser makes a Markdown parser that sees all blocks, and of what is in
// lines only code spans. Nothing else is needed, and some of the rest takes
// time that grows with the square of the text.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...),
		parser.WithInlineParsers(util.Prioritized(parser.NewCodeSpanParser(), 100)),
	)
}

// outline cuts a document into sections.
func outline(s *source, p *document.Problems) []section {
	root := newParser().Parse(text.NewReader(s.text))
	out := []section{{from: 1}}
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok || h.Level > 2 {
			current := &out[len(out)-1]
			current.blocks = append(current.blocks, n)
			continue
		}
		next := headed(s, h, p)
		out[len(out)-1].to = next.line
		out = append(out, next)
	}
	out[len(out)-1].to = len(s.starts) + 1
	return out
}

// headed returns the section that h begins.
func headed(s *source, h *ast.Heading, p *document.Problems) section {
	at := s.place(h.Pos())
	if s.text[h.Pos()] != '#' {
		p.Add(at, "write # for the title and ## for a step", "a heading is underlined")
	}
	title := plainText(h, s.text)
	if title == "" {
		p.Add(at, "", "a heading is empty")
	}
	return section{title: title, level: h.Level, line: at.Line, from: at.Line + 1}
}

// plainText returns the text of a heading without the marks of code spans.
func plainText(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(src))
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

// slug turns a heading into a step's name.
func slug(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(title) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(r)
	}
	return b.String()
}
