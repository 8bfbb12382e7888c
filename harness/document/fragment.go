package document

import (
	"cmp"
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

// Fragment is a piece of YAML inside the document.
type Fragment struct {
	Text  string
	Above int    // lines of the document above its first one
	Noun  string // for messages: "the front matter"

	// Bytes and Brackets are how many are read; 0 is 16 KiB, and 256.
	Bytes, Brackets int
}

// parse returns the root mapping of f, or nil after reporting why there is
// none.
func (f Fragment) parse(p *Problems) *ast.MappingNode {
	at := Place{f.Above + 1, 1}
	bytes, brackets := cmp.Or(f.Bytes, maxFragment), cmp.Or(f.Brackets, maxBrackets)
	if len(f.Text) > bytes || strings.Count(f.Text, "[")+strings.Count(f.Text, "{") > brackets {
		p.Add(at, "", "%s is too large: at most %d bytes and %d brackets are read", f.Noun, bytes, brackets)
		return nil
	}
	file, err := parser.ParseBytes([]byte(f.Text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		f.reportSyntax(p, err)
		return nil
	}
	return f.root(p, file)
}

// root returns the one mapping that a fragment must be.
func (f Fragment) root(p *Problems, file *ast.File) *ast.MappingNode {
	at := Place{f.Above + 1, 1}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.CommentType {
		p.Add(at, "", "%s is empty", f.Noun)
		return nil
	}
	if len(file.Docs) > 1 {
		if mark := file.Docs[1].Start; mark != nil { // nil where "..." ended the first
			at = f.place(mark.Position.Line, mark.Position.Column)
		}
		p.Add(at, "leave \"---\" and \"...\" out", "%s has a second YAML document", f.Noun)
		return nil
	}
	root, ok := file.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		p.Add(at, "", "%s is no list of \"key: value\" lines", f.Noun)
		return nil
	}
	return root
}

func (f Fragment) place(line, column int) Place { return Place{f.Above + line, column} }

func (f Fragment) reportSyntax(p *Problems, err error) {
	var syntax yaml.Error
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		p.Add(Place{f.Above + 1, 1}, "", "%s is no YAML: %v", f.Noun, err)
		return
	}
	pos := syntax.GetToken().Position
	p.Add(f.place(pos.Line, pos.Column), syntaxHint(syntax.GetMessage()), "%s", syntax.GetMessage())
}

// syntaxHint explains the parser's words for the mistakes people make most.
func syntaxHint(msg string) string {
	switch {
	case strings.HasPrefix(msg, "invalid header option"):
		return `put a value that begins with ">" or "|" in quotes`
	case strings.Contains(msg, "invalid key"):
		return `within {}, put a name with brackets in quotes: {"table[2]": 7}`
	case strings.Contains(msg, "'\t'"):
		return "indent with spaces, not tabs"
	case strings.Contains(msg, "not allowed in this context"):
		return "look at the indentation of this line and the next, and put a value with \": \" in it in quotes"
	}
	return ""
}
