package lab

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of one piece of YAML. The parser's time grows with the square of
// both, and no lab comes near them.
const (
	maxFragment = 16 << 10
	maxBrackets = 256
)

// fragment is a piece of YAML inside the document.
type fragment struct {
	text  string
	above int // lines of the document above its first one
	noun  string
}

// parse returns the root mapping of f, or nil after reporting why there is
// none.
func (f fragment) parse(p *problems) *ast.MappingNode {
	at := place{f.above + 1, 1}
	if len(f.text) > maxFragment || strings.Count(f.text, "[")+strings.Count(f.text, "{") > maxBrackets {
		p.add(at, "", "%s is too large: at most %d bytes and %d brackets are read", f.noun, maxFragment, maxBrackets)
		return nil
	}
	file, err := parser.ParseBytes([]byte(f.text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		f.reportSyntax(p, err)
		return nil
	}
	return f.root(p, file)
}

// root returns the one mapping that a fragment must be.
func (f fragment) root(p *problems, file *ast.File) *ast.MappingNode {
	at := place{f.above + 1, 1}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.CommentType {
		p.add(at, "", "%s is empty", f.noun)
		return nil
	}
	if len(file.Docs) > 1 {
		if mark := file.Docs[1].Start; mark != nil { // nil where "..." ended the first
			at = f.place(mark.Position.Line, mark.Position.Column)
		}
		p.add(at, "leave \"---\" and \"...\" out", "%s has a second YAML document", f.noun)
		return nil
	}
	root, ok := file.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		p.add(at, "", "%s is no list of \"key: value\" lines", f.noun)
		return nil
	}
	return root
}

func (f fragment) place(line, column int) place { return place{f.above + line, column} }

func (f fragment) reportSyntax(p *problems, err error) {
	var syntax yaml.Error
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		p.add(place{f.above + 1, 1}, "", "%s is no YAML: %v", f.noun, err)
		return
	}
	pos := syntax.GetToken().Position
	p.add(f.place(pos.Line, pos.Column), syntaxHint(syntax.GetMessage()), "%s", syntax.GetMessage())
}

// syntaxHint explains the parser's words for the mistakes people make most.
func syntaxHint(msg string) string {
	switch {
	case strings.HasPrefix(msg, "invalid header option"):
		return `put a value that begins with ">" or "|" in quotes`
	case strings.Contains(msg, "'\t'"):
		return "indent with spaces, not tabs"
	case strings.Contains(msg, "not allowed in this context"):
		return "look at the indentation of this line and the next, and put a value with \": \" in it in quotes"
	}
	return ""
}
