package kernel

import (
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// UnmarshalYAML reads the value as it is written. UnmarshalText does not do:
// YAML takes a plain 5.10 for the number 5.1.
func (v *Version) UnmarshalYAML(node ast.Node) error { return unmarshalWritten(node, v.UnmarshalText) }

// UnmarshalYAML reads the value as it is written, like Version's.
func (r *Range) UnmarshalYAML(node ast.Node) error { return unmarshalWritten(node, r.UnmarshalText) }

// unmarshalWritten hands a scalar's own characters to read, and ties an error
// to its place in the document.
func unmarshalWritten(node ast.Node, read func([]byte) error) error {
	text, err := written(node)
	if err == nil {
		err = read(text)
	}
	if err != nil {
		return &yaml.SyntaxError{Message: err.Error(), Token: node.GetToken()}
	}
	return nil
}

func written(node ast.Node) ([]byte, error) {
	switch node.(type) {
	case *ast.NullNode:
		return nil, nil
	case *ast.StringNode, *ast.FloatNode, *ast.IntegerNode:
		return []byte(node.GetToken().Value), nil
	}
	return nil, fmt.Errorf("want a kernel version or range in one word or in quotes, not a %s", node.Type())
}
