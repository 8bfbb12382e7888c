package web

import (
	"bytes"
	"regexp"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/bpflab/bpflab/harness/workshop"
)

// markdown renders the text of a lab as HTML. It drops HTML in the text.
type markdown struct{ lesson *workshop.Lesson }

// html renders Markdown.
func (m markdown) html(source string) string {
	md := goldmark.New(goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(m, 100))))
	var out bytes.Buffer
	if err := md.Convert([]byte(source), &out); err != nil {
		return ""
	}
	return out.String()
}

// Transform points figures to the URLs where the server has them, and links to other
// labs to their pages.
func (m markdown) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Image:
			if entering {
				m.size(n)
				n.Destination = append([]byte("/api/labs/"+m.lesson.Name+"/files/"), n.Destination...)
			}
		case *ast.Link:
			if name, ok := bytes.CutPrefix(n.Destination, []byte("../")); entering && ok {
				name, _, _ = bytes.Cut(name, []byte("/"))
				n.Destination = append([]byte("/lab/"), name...)
			}
		}
		return ast.WalkContinue, nil
	})
}

// viewBox matches the size of a figure.
var viewBox = regexp.MustCompile(`^\s*<svg[^>]*\sviewBox="0 0 (\d+) (\d+)"`)

// size gives a figure the width and height that it has: the page keeps room for it, and the
// text below does not move away from under the mouse when it arrives.
func (m markdown) size(figure *ast.Image) {
	image, err := m.lesson.Figure(string(figure.Destination))
	if err != nil {
		return
	}
	if size := viewBox.FindSubmatch(image); size != nil {
		figure.SetAttributeString("width", size[1])
		figure.SetAttributeString("height", size[2])
	}
}
