package document

import (
	"reflect"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Value is a value as it is written, of which the reader knows what it means: a number, a word,
// a text, or a list of values.
type Value struct {
	At     Place
	Text   string
	Quoted bool // a text in quotes or a block, whatever it looks like
	List   []Value
	IsList bool
}

// written decodes n into the Value v.
func (d *decoder) written(n ast.Node, v reflect.Value, path string, r Rule) {
	if value, ok := d.asWritten(n, path, r); ok {
		v.Set(reflect.ValueOf(value))
	}
}

func (d *decoder) asWritten(n ast.Node, path string, r Rule) (v Value, ok bool) {
	v.At = d.at(n)
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
		v.Text = n.GetToken().Value
	case *ast.StringNode:
		kind := n.GetToken().Type
		v.Text, v.Quoted = n.Value, kind == token.DoubleQuoteType || kind == token.SingleQuoteType
	case *ast.LiteralNode:
		v.Text, v.Quoted = n.Value.Value, true
	case *ast.SequenceNode:
		v.IsList = true
		if len(n.Values) == 0 {
			d.fail(n, "leave the key out, or add an item", "%s is an empty list", Last(path))
		}
		for _, item := range n.Values {
			one, fine := d.asWritten(item, path, r)
			if !fine {
				return v, false
			}
			v.List = append(v.List, one)
		}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fail(n, "write the value out", "anchors, aliases and tags are not read")
		return v, false
	default:
		d.fail(n, r.Like, "%s wants a number, text or a list of them, not %s", Last(path), describe(n))
		return v, false
	}
	return v, true
}
