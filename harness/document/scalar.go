package document

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
func (d *decoder) text(n ast.Node, v reflect.Value, path string, r Rule) {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
	default:
		d.wrong(n, "a word", path)
		return
	}
	if _, pattern := v.Interface().(*regexp.Regexp); pattern && strings.TrimSpace(n.GetToken().Value) == "" {
		d.fail(n, "fill it, or leave the key out", "%s is empty", Last(path))
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	read := v.Addr().Interface().(encoding.TextUnmarshaler)
	if err := read.UnmarshalText([]byte(n.GetToken().Value)); err != nil {
		d.fail(n, "", "%s: %v", Last(path), err)
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

func (d *decoder) scalar(n ast.Node, v reflect.Value, path string, r Rule) {
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

func (d *decoder) duration(n ast.Node, v reflect.Value, path string, r Rule) {
	t, err := time.ParseDuration(n.GetToken().Value)
	if err != nil {
		d.wrong(n, "a duration such as 90s or 2m", path)
		return
	}
	v.SetInt(int64(t))
	d.bounds(n, v, path, r)
}

func (d *decoder) number(n ast.Node, v reflect.Value, path string, r Rule) {
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
		d.fail(n, "", "%s is %s, which is too large", Last(path), i.GetToken().Value)
		return
	}
	v.SetInt(value)
	d.bounds(n, v, path, r)
}

// bounds holds a number, size or duration against its rule.
func (d *decoder) bounds(n ast.Node, v reflect.Value, path string, r Rule) {
	if r.Max == 0 || (v.Int() >= r.Min && v.Int() <= r.Max) {
		return
	}
	d.fail(n, "", "%s is %v: want %v to %v", Last(path), v, likewise(v, r.Min), likewise(v, r.Max))
}

// likewise returns i as a value of v's type, so that it prints as v does.
func likewise(v reflect.Value, i int64) any {
	return reflect.ValueOf(i).Convert(v.Type()).Interface()
}

func (d *decoder) str(n ast.Node, v reflect.Value, path string, r Rule) {
	s, ok := stringOf(n)
	if !ok {
		d.wrong(n, "text", path)
		return
	}
	v.SetString(s)
	switch {
	case strings.TrimSpace(s) == "":
		d.fail(n, "fill it, or leave the key out", "%s is empty", Last(path))
	case r.Words != nil && !slices.Contains(r.Words, s):
		d.fail(n, DidYouMean(s, r.Words), "unknown %s %s", Last(path), Quote(s))
	case r.Form != nil && !r.Form.MatchString(s):
		d.fail(n, "", "%s is %s: want %s", Last(path), Quote(s), r.Like)
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

// table decodes n into a map from the document's own words, which the rule has as Entry.
// Where the rule has a key for it, a bare value is that of this key.
func (d *decoder) table(n ast.Node, v reflect.Value, path string, r Rule) {
	v.Set(reflect.MakeMap(v.Type()))
	if m, ok := n.(*ast.MappingNode); ok {
		d.entries(m, v, path, r)
	} else if value, ok := plain(n); ok && r.Bare != "" {
		v.SetMapIndex(reflect.ValueOf(r.Bare), reflect.ValueOf(value))
	} else {
		d.wrong(n, r.Entry+"s and their values", path)
	}
}

func (d *decoder) entries(m *ast.MappingNode, v reflect.Value, path string, r Rule) {
	d.pairs(m, path, r, func(pair *ast.MappingValueNode, name string) {
		value := reflect.New(v.Type().Elem()).Elem()
		d.named(pair, value, path, name, r)
		v.SetMapIndex(reflect.ValueOf(name), value)
	})
}

// pairs calls do for each pair of a mapping from the document's own words.
func (d *decoder) pairs(m *ast.MappingNode, path string, r Rule, do func(pair *ast.MappingValueNode, name string)) {
	if len(m.Values) == 0 && !r.Blank {
		d.fail(m, "leave the key out, or name a "+r.Entry, "%s is empty", Last(path))
	}
	seen := map[string]ast.Node{}
	for _, pair := range m.Values {
		name, ok := d.key(pair, seen, Family{Noun: Last(path)})
		if !ok {
			continue
		}
		if r.Form != nil && !r.Form.MatchString(name) {
			d.fail(pair.Key, "", "%s has the %s %s: want %s", Last(path), r.Entry, Quote(name), r.Like)
		}
		do(pair, name)
	}
}

// named decodes the value of a map's entry.
func (d *decoder) named(pair *ast.MappingValueNode, v reflect.Value, path, name string, r Rule) {
	if v.Kind() != reflect.Interface {
		d.entry(pair, v, Join(path, name), r.each())
		return
	}
	value, ok := plain(pair.Value)
	if !ok {
		d.fail(pair.Key, "", "the %s %s in %s wants a whole number, text, true or false", r.Entry, Quote(name), Last(path))
		return
	}
	v.Set(reflect.ValueOf(value))
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
