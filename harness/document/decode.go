package document

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/bpflab/bpflab/vms/suggest"
)

// decoder fills Go values from YAML by a grammar. Unlike the YAML
// package's own decoder it goes on after a mistake, and it remembers where
// each value stood.
type decoder struct {
	Fragment
	Grammar
	problems *Problems
	places   map[string]Place // by path: "checks[0].trace.min"
}

// Decode fills the struct that out points to, and returns the places of its values by
// their paths, as in "checks[0].trace.min"; "" is the whole. Mistakes go to p. False means
// that there was no YAML to fill it from.
func (g Grammar) Decode(f Fragment, out any, p *Problems) (map[string]Place, bool) {
	root := f.parse(p)
	if root == nil {
		return nil, false
	}
	d := &decoder{f, g, p, map[string]Place{"": {f.Above + 1, 1}}}
	d.mapping(root, reflect.ValueOf(out).Elem(), "")
	return d.places, true
}

func (d *decoder) at(n ast.Node) Place {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	pos := n.GetToken().Position
	return d.place(pos.Line, pos.Column)
}

func (d *decoder) fail(n ast.Node, hint, format string, args ...any) {
	d.problems.Add(d.at(n), hint, format, args...)
}

// value decodes n into v, which stands under the key that r rules.
func (d *decoder) value(n ast.Node, v reflect.Value, path string, r Rule) {
	d.places[path] = d.at(n)
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fail(n, "write the value out", "anchors, aliases and tags are not read")
		return
	}
	switch {
	case isText(v):
		d.text(n, v, path, r)
	case v.Type() == reflect.TypeFor[Value]():
		d.written(n, v, path, r)
	case isEntries(v.Type()):
		d.inOrder(n, v, path, r)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path, r)
	case v.Kind() == reflect.Struct:
		d.mapping(n, v, path)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path, r)
	case v.Kind() == reflect.Map:
		d.table(n, v, path, r)
	default:
		d.scalar(n, v, path, r)
	}
}

// mapping decodes n into the struct v.
func (d *decoder) mapping(n ast.Node, v reflect.Value, path string) {
	family := d.Families[v.Type().Name()]
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
		d.entry(pair, v.Field(index), Join(path, key), d.rule(v.Type(), key))
	}
	d.judge(v.Type(), seen, path)
	d.fillDefaults(v, seen)
}

// key returns the key of pair, false if it is not valid or was seen before.
func (d *decoder) key(pair *ast.MappingValueNode, seen map[string]ast.Node, f Family) (string, bool) {
	name, ok := pair.Key.(*ast.StringNode)
	if !ok {
		d.fail(pair.Key, "", "%s has a key that is no word", f.Noun)
		return "", false
	}
	if _, again := seen[name.Value]; again {
		d.fail(pair.Key, "keep one of them", "%s has the key %s twice", f.Noun, Quote(name.Value))
		return "", false
	}
	seen[name.Value] = pair.Key
	return name.Value, true
}

// unknown reports a key that t does not have. The key that was meant counts as
// given, so that its absence is not reported too.
func (d *decoder) unknown(n ast.Node, key string, t reflect.Type, seen map[string]ast.Node) {
	d.fail(n, DidYouMean(key, keysOf(t)), "unknown key %s in %s", Quote(key), d.Families[t.Name()].Noun)
	meant := suggest.Spelling(key, keysOf(t))
	if _, given := seen[meant]; meant != "" && !given {
		seen[meant] = n
	}
}

// entry decodes the value of one pair. Its place is the value's where that
// stands behind the key, else the key's.
func (d *decoder) entry(pair *ast.MappingValueNode, v reflect.Value, path string, r Rule) {
	if _, null := pair.Value.(*ast.NullNode); null {
		d.places[path] = d.at(pair.Key)
		if r.Blank {
			return
		}
		d.fail(pair.Key, emptyHint(v), "%s has no value", Last(path))
		return
	}
	d.value(pair.Value, v, path, r)
	if key := d.at(pair.Key); d.places[path].Line != key.Line {
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
	at, f := d.places[path], d.Families[t.Name()]
	for _, key := range keysOf(t) {
		if _, ok := seen[key]; !ok && d.rule(t, key).Required {
			d.problems.Add(at, "", "%s has no %s", f.Noun, key)
		}
	}
	one := present(f.One, seen)
	if len(f.One) > 0 && len(one) == 0 {
		d.problems.Add(at, "", "%s needs one of %s", f.Noun, OneOf(f.One))
	}
	if len(one) > 1 {
		d.fail(seen[one[1]], "keep one", "%s has both %s and %s", f.Noun, one[0], one[1])
	}
	if len(f.Some) > 0 && len(present(f.Some, seen)) == 0 {
		d.problems.Add(at, "", "%s needs %s", f.Noun, OneOf(f.Some))
	}
	for _, pair := range f.Never {
		if both := present(pair[:], seen); len(both) == 2 {
			d.fail(seen[both[1]], "keep one", "%s has both %s and %s", f.Noun, both[0], both[1])
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

// list decodes n into the slice v. Lists of words hold each word once, unless the rule says else.
func (d *decoder) list(n ast.Node, v reflect.Value, path string, r Rule) {
	items, ok := itemsOf(n, r)
	if !ok {
		d.wrong(n, "a list", path)
		return
	}
	if len(items) == 0 {
		d.fail(n, "leave the key out, or add an item", "%s is an empty list", Last(path))
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	words := map[string]bool{}
	for i, item := range items {
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i), r)
		if word, ok := item.(*ast.StringNode); ok {
			if words[word.Value] && !r.Repeats {
				d.fail(item, "keep one", "%s names %s twice", Last(path), Quote(word.Value))
			}
			words[word.Value] = true
		}
	}
	v.Set(out)
}

// itemsOf returns the items of a list, or the one that stands in place of a list where the rule
// lets it.
func itemsOf(n ast.Node, r Rule) ([]ast.Node, bool) {
	if seq, ok := n.(*ast.SequenceNode); ok {
		return seq.Values, true
	}
	_, isMapping := n.(*ast.MappingNode)
	return []ast.Node{n}, r.Lone && !isMapping
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
	d.fail(n, hint, "%s wants %s, not %s", Last(path), want, describe(n))
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
		return "the text " + Quote(n.Value)
	case *ast.LiteralNode:
		return "a block of text"
	default:
		return n.GetToken().Value
	}
}

// Quote writes s in quotes, cut short if it is long.
func Quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return strconv.Quote(string(r[:most]) + "…")
	}
	return strconv.Quote(s)
}
