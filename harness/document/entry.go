package document

import (
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// Entry is a pair of a mapping whose keys are the document's own words. A field of a slice of
// them is such a mapping, in its order; a map is one without.
type Entry[T any] struct {
	Name  string
	At    Place // of the name
	Value T
}

func (Entry[T]) isEntry() {}

// isEntries reports whether a type is a slice of entries.
func isEntries(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Implements(reflect.TypeFor[interface{ isEntry() }]())
}

// valueOf returns the type of the values of entries.
func valueOf(entries reflect.Type) reflect.Type { return entries.Elem().Field(entryValue).Type }

// Fields of an Entry.
const (
	entryName = iota
	entryAt
	entryValue
)

// inOrder decodes n into the entries v.
func (d *decoder) inOrder(n ast.Node, v reflect.Value, path string, r Rule) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.wrong(n, r.Entry+"s and their values", path)
		return
	}
	d.pairs(m, path, r, func(pair *ast.MappingValueNode, name string) {
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		one := v.Index(v.Len() - 1)
		one.Field(entryName).SetString(name)
		one.Field(entryAt).Set(reflect.ValueOf(d.at(pair.Key)))
		d.entry(pair, one.Field(entryValue), Join(path, name), r.each())
	})
}
