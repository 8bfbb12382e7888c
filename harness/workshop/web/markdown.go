package web

import (
	"bytes"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown renders the text of a lab as HTML. It drops HTML in the text.
type markdown struct{ lab string }

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
				n.Destination = append([]byte("/api/labs/"+m.lab+"/files/"), n.Destination...)
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
