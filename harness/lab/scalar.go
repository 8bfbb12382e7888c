package lab

import (
	"encoding"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// text decodes n into a value that reads itself from text, as kernel ranges
// and sizes do. It gets the characters as written: to YAML a plain 5.10 is the
// number 5.1.
func (d *decoder) text(n ast.Node, v reflect.Value, path string, r rule) {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
	default:
		d.wrong(n, "a word", path)
		return
	}
	if _, pattern := v.Interface().(*regexp.Regexp); pattern && strings.TrimSpace(n.GetToken().Value) == "" {
		d.fail(n, "fill it, or leave the key out", "%s is empty", last(path))
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	read := v.Addr().Interface().(encoding.TextUnmarshaler)
	if err := read.UnmarshalText([]byte(n.GetToken().Value)); err != nil {
		d.fail(n, "", "%s: %v", last(path), err)
		return
	}
	if v.CanInt() {
		d.bounds(n, v, path, r)
	}
}

// isText reports whether v, or what it points to, implements encoding.TextUnmarshaler.
func isText(v reflect.Value) bool {
	t := v.Type()
	if t.Kind() != reflect.Pointer {
		t = reflect.PointerTo(t)
	}
	return t.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func (d *decoder) scalar(n ast.Node, v reflect.Value, path string, r rule) {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		d.duration(n, v, path, r)
	case v.Kind() == reflect.String:
		d.str(n, v, path, r)
	case v.Kind() == reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.wrong(n, "true or false", path)
			return
		}
		v.SetBool(b.Value)
	default:
		d.number(n, v, path, r)
	}
}

func (d *decoder) duration(n ast.Node, v reflect.Value, path string, r rule) {
	t, err := time.ParseDuration(n.GetToken().Value)
	if err != nil {
		d.wrong(n, "a duration such as 90s or 2m", path)
		return
	}
	v.SetInt(int64(t))
	d.bounds(n, v, path, r)
}

func (d *decoder) number(n ast.Node, v reflect.Value, path string, r rule) {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		d.wrong(n, "a whole number", path)
		return
	}
	value, ok := i.Value.(int64)
	if u, isUint := i.Value.(uint64); isUint {
		value, ok = int64(u), u <= 1<<63-1
	}
	if !ok || v.OverflowInt(value) {
		d.fail(n, "", "%s is %s, which is too large", last(path), i.GetToken().Value)
		return
	}
	v.SetInt(value)
	d.bounds(n, v, path, r)
}

// bounds holds a number, size or duration against its rule.
func (d *decoder) bounds(n ast.Node, v reflect.Value, path string, r rule) {
	if r.max == 0 || (v.Int() >= r.min && v.Int() <= r.max) {
		return
	}
	d.fail(n, "", "%s is %v: want %v to %v", last(path), v, likewise(v, r.min), likewise(v, r.max))
}

// likewise returns i as a value of v's type, so that it prints as v does.
func likewise(v reflect.Value, i int64) any {
	return reflect.ValueOf(i).Convert(v.Type()).Interface()
}

func (d *decoder) str(n ast.Node, v reflect.Value, path string, r rule) {
	s, ok := stringOf(n)
	if !ok {
		d.wrong(n, "text", path)
		return
	}
	v.SetString(s)
	switch {
	case strings.TrimSpace(s) == "":
		d.fail(n, "fill it, or leave the key out", "%s is empty", last(path))
	case r.words != nil && !slices.Contains(r.words, s):
		d.fail(n, didYouMean(s, r.words), "unknown %s %s", last(path), quote(s))
	case r.form != nil && !r.form.MatchString(s):
		d.fail(n, "", "%s is %s: want %s", last(path), quote(s), r.like)
	}
}

func stringOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

// where decodes field conditions. A bare value is one for the field "key",
// where the type is Where.
func (d *decoder) where(n ast.Node, v reflect.Value) {
	out := map[string]any{}
	if m, ok := n.(*ast.MappingNode); ok {
		d.conditions(m, out)
	} else if value, ok := plain(n); ok && v.Type() == reflect.TypeFor[Where]() {
		out["key"] = value
	} else {
		d.wrong(n, "fields and their values", "where")
	}
	v.Set(reflect.ValueOf(out).Convert(v.Type()))
}

func (d *decoder) conditions(m *ast.MappingNode, out map[string]any) {
	if len(m.Values) == 0 {
		d.fail(m, "leave the key out, or name a field", "where is empty")
	}
	seen := map[string]ast.Node{}
	for _, pair := range m.Values {
		name, ok := d.key(pair, seen, family{noun: "where"})
		if !ok {
			continue
		}
		if !fieldPath.MatchString(name) {
			d.fail(pair.Key, "", "where has the field %s: want %s", quote(name), likeName)
		}
		value, ok := plain(pair.Value)
		if !ok {
			d.fail(pair.Key, "", "the field %s in where wants a whole number, text, true or false", quote(name))
		}
		out[name] = value
	}
}

// plain returns the value of a whole number, text or bool.
func plain(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		if u, ok := n.Value.(uint64); ok && u <= 1<<63-1 {
			return int64(u), true
		}
		return n.Value, true
	case *ast.BoolNode:
		return n.Value, true
	}
	return stringAny(n)
}

func stringAny(n ast.Node) (any, bool) {
	s, ok := stringOf(n)
	return s, ok
}
