package lab

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/bpflab/bpflab/vms/suggest"
)

// decoder fills Go values from YAML by the tables in rules.go. Unlike the YAML
// package's own decoder it goes on after a mistake, and it remembers where
// each value stood.
type decoder struct {
	fragment
	problems *problems
	places   map[string]place // by path: "checks[0].trace.min"
}

// decode fills the struct that out points to and returns the places of its
// values; false means there was no YAML to fill it from.
func decode(f fragment, out any, p *problems) (map[string]place, bool) {
	root := f.parse(p)
	if root == nil {
		return nil, false
	}
	d := &decoder{f, p, map[string]place{"": {f.above + 1, 1}}}
	d.mapping(root, reflect.ValueOf(out).Elem(), "")
	return d.places, true
}

func (d *decoder) at(n ast.Node) place {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	pos := n.GetToken().Position
	return d.place(pos.Line, pos.Column)
}

func (d *decoder) fail(n ast.Node, hint, format string, args ...any) {
	d.problems.add(d.at(n), hint, format, args...)
}

// value decodes n into v, which stands under the key that r rules.
func (d *decoder) value(n ast.Node, v reflect.Value, path string, r rule) {
	d.places[path] = d.at(n)
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fail(n, "write the value out", "anchors, aliases and tags are not read")
		return
	}
	switch {
	case isText(v):
		d.text(n, v, path, r)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path, r)
	case v.Kind() == reflect.Struct:
		d.mapping(n, v, path)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path, r)
	case v.Kind() == reflect.Map:
		d.where(n, v)
	default:
		d.scalar(n, v, path, r)
	}
}

// mapping decodes n into the struct v.
func (d *decoder) mapping(n ast.Node, v reflect.Value, path string) {
	family := families[v.Type().Name()]
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.wrong(n, "keys and values", path)
		return
	}
	fields := fieldsOf(v.Type())
	seen := map[string]ast.Node{}
	for _, pair := range m.Values {
		key, ok := d.key(pair, seen, family)
		if !ok {
			continue
		}
		index, known := fields[key]
		if !known {
			d.unknown(pair.Key, key, v.Type(), seen)
			continue
		}
		d.entry(pair, v.Field(index), join(path, key), rules[v.Type().Name()+"."+key])
	}
	d.judge(v.Type(), seen, path)
	fillDefaults(v, seen)
}

// key returns the key of pair, false if it is not valid or was seen before.
func (d *decoder) key(pair *ast.MappingValueNode, seen map[string]ast.Node, f family) (string, bool) {
	name, ok := pair.Key.(*ast.StringNode)
	if !ok {
		d.fail(pair.Key, "", "%s has a key that is no word", f.noun)
		return "", false
	}
	if _, again := seen[name.Value]; again {
		d.fail(pair.Key, "keep one of them", "%s has the key %s twice", f.noun, quote(name.Value))
		return "", false
	}
	seen[name.Value] = pair.Key
	return name.Value, true
}

// unknown reports a key that t does not have. The key that was meant counts as
// given, so that its absence is not reported too.
func (d *decoder) unknown(n ast.Node, key string, t reflect.Type, seen map[string]ast.Node) {
	d.fail(n, didYouMean(key, keysOf(t)), "unknown key %s in %s", quote(key), families[t.Name()].noun)
	meant := suggest.Spelling(key, keysOf(t))
	if _, given := seen[meant]; meant != "" && !given {
		seen[meant] = n
	}
}

// entry decodes the value of one pair. Its place is the value's where that
// stands behind the key, else the key's.
func (d *decoder) entry(pair *ast.MappingValueNode, v reflect.Value, path string, r rule) {
	if _, null := pair.Value.(*ast.NullNode); null {
		d.places[path] = d.at(pair.Key)
		d.fail(pair.Key, emptyHint(v), "%s has no value", last(path))
		return
	}
	d.value(pair.Value, v, path, r)
	if key := d.at(pair.Key); d.places[path].line != key.line {
		d.places[path] = key
	}
}

func emptyHint(v reflect.Value) string {
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct && !isText(v) {
		return "write {} if it needs none"
	}
	return "leave the key out, or give it one"
}

// judge holds the keys that a mapping has against its family and the rules.
func (d *decoder) judge(t reflect.Type, seen map[string]ast.Node, path string) {
	at, f := d.places[path], families[t.Name()]
	for _, key := range keysOf(t) {
		if _, ok := seen[key]; !ok && rules[t.Name()+"."+key].required {
			d.problems.add(at, "", "%s has no %s", f.noun, key)
		}
	}
	one := present(f.one, seen)
	if len(f.one) > 0 && len(one) == 0 {
		d.problems.add(at, "", "%s needs one of %s", f.noun, oneOf(f.one))
	}
	if len(one) > 1 {
		d.fail(seen[one[1]], "keep one", "%s has both %s and %s", f.noun, one[0], one[1])
	}
	if len(f.some) > 0 && len(present(f.some, seen)) == 0 {
		d.problems.add(at, "", "%s needs %s", f.noun, oneOf(f.some))
	}
	for _, pair := range f.never {
		if both := present(pair[:], seen); len(both) == 2 {
			d.fail(seen[both[1]], "keep one", "%s has both %s and %s", f.noun, both[0], both[1])
		}
	}
}

func present(keys []string, seen map[string]ast.Node) []string {
	var out []string
	for _, k := range keys {
		if _, ok := seen[k]; ok {
			out = append(out, k)
		}
	}
	return out
}

// list decodes n into the slice v. Lists of words hold each word once.
func (d *decoder) list(n ast.Node, v reflect.Value, path string, r rule) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.wrong(n, "a list", path)
		return
	}
	if len(seq.Values) == 0 {
		d.fail(n, "leave the key out, or add an item", "%s is an empty list", last(path))
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	words := map[string]bool{}
	for i, item := range seq.Values {
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i), r)
		if word, ok := item.(*ast.StringNode); ok {
			if words[word.Value] {
				d.fail(item, "keep one", "%s names %s twice", last(path), quote(word.Value))
			}
			words[word.Value] = true
		}
	}
	v.Set(out)
}

// wrong reports a value of the wrong kind.
func (d *decoder) wrong(n ast.Node, want, path string) {
	hint := ""
	switch {
	case want == "a list":
		hint = `begin each item with "- "`
	case want == "text" && isNumberOrBool(n):
		hint = "put it in quotes"
	}
	d.fail(n, hint, "%s wants %s, not %s", last(path), want, describe(n))
}

func isNumberOrBool(n ast.Node) bool {
	return n.Type() == ast.IntegerType || n.Type() == ast.FloatType || n.Type() == ast.BoolType
}

// describe names the kind of value that n is.
func describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.StringNode:
		return "the text " + quote(n.Value)
	case *ast.LiteralNode:
		return "a block of text"
	default:
		return n.GetToken().Value
	}
}

// quote writes s in quotes, cut short if it is long.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return strconv.Quote(string(r[:most]) + "…")
	}
	return strconv.Quote(s)
}
