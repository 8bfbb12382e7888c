package document

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// fillDefaults sets the fields of v whose keys are missing.
func (g Grammar) fillDefaults(v reflect.Value, seen map[string]ast.Node) {
	for key, index := range fieldsOf(v.Type()) {
		r := g.rule(v.Type(), key)
		if _, ok := seen[key]; !ok && r.Def != nil {
			v.Field(index).Set(reflect.ValueOf(r.Def))
		}
	}
}

// fieldsOf maps the YAML keys of a struct to its fields.
func fieldsOf(t reflect.Type) map[string]int {
	out := map[string]int{}
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			out[key] = i
		}
	}
	return out
}

// keysOf lists the YAML keys of a struct in the order of its fields.
func keysOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			out = append(out, key)
		}
	}
	return out
}

// Join returns the path of a key below another one.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Last returns the last key of a path, without an index: "load" of "a.load[1]".
func Last(path string) string {
	path = path[strings.LastIndexByte(path, '.')+1:]
	name, _, _ := strings.Cut(path, "[")
	return name
}
