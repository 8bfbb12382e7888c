package verify

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/bpflab/bpflab/harness/globals"
	"github.com/bpflab/bpflab/vms/suggest"
)

// Bounds of a file with presets. The YAML parser's time grows with the square of both.
const (
	maxPresets  = 64 << 10
	maxBrackets = 2000
)

// ReadSettings reads the values of --set-global: VAR=VALUE, or @FILE with one a line, in which
// empty lines and those that begin with # are left out, as veristat has it.
func ReadSettings(flags []string) (out []Setting, err error) {
	for _, text := range flags {
		name, isFile := strings.CutPrefix(text, "@")
		if !isFile {
			a, err := globals.ParseAssignment(text)
			if err != nil {
				return nil, fmt.Errorf("--set-global: %w", err)
			}
			out = append(out, Setting{a, position{source: "--set-global " + text}})
			continue
		}
		lines, err := readSettings(name)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	return out, nil
}

func readSettings(path string) (out []Setting, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--set-global: %w", err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		at := position{path, i + 1, 1}
		a, err := globals.ParseAssignment(line)
		if err != nil {
			return nil, at.because("%v", err)
		}
		out = append(out, Setting{a, at})
	}
	return out, nil
}

// ReadPresets reads a file with presets. An error lists all of its mistakes, each with file, line
// and column.
func ReadPresets(path string) ([]Preset, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parsePresets(path, text)
}

// mistake is an error with its place.
type mistake struct {
	at  position
	err error
}

// presetsReader reads a file with presets, and goes on after a mistake.
type presetsReader struct {
	file     string
	mistakes []mistake
}

func parsePresets(path string, text []byte) ([]Preset, error) {
	r := &presetsReader{file: path}
	var presets []Preset
	if root := r.root(text); root != nil {
		presets = r.presets(root)
	}
	if len(r.mistakes) == 0 {
		return presets, nil
	}
	slices.SortStableFunc(r.mistakes, func(a, b mistake) int {
		return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	errs := make([]error, len(r.mistakes))
	for i, m := range r.mistakes {
		errs[i] = m.err
	}
	return nil, errors.Join(errs...)
}

func (r *presetsReader) fail(at position, format string, args ...any) {
	r.mistakes = append(r.mistakes, mistake{at, at.because(format, args...)})
}

func (r *presetsReader) at(n ast.Node) position {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	at := n.GetToken().Position
	return position{r.file, at.Line, at.Column}
}

// root returns the file's one mapping, nil if it has none.
func (r *presetsReader) root(text []byte) *ast.MappingNode {
	begin := position{r.file, 1, 1}
	if brackets := strings.Count(string(text), "[") + strings.Count(string(text), "{"); len(text) > maxPresets || brackets > maxBrackets {
		r.fail(begin, "the file is too large: at most %d bytes and %d brackets are read", maxPresets, maxBrackets)
		return nil
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(begin, err)
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.CommentType {
		r.fail(begin, "there are no presets: write some as in presets: {fast: {set: {mode: 1}}}")
		return nil
	}
	if len(file.Docs) > 1 {
		r.fail(begin, "the file has a second YAML document; leave --- and ... out")
		return nil
	}
	root, ok := file.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		r.fail(begin, "the file has no key presets, with names and their values below it")
		return nil
	}
	return root
}

func (r *presetsReader) syntax(begin position, err error) {
	var syntax yaml.Error
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		r.fail(begin, "no YAML: %v", err)
		return
	}
	at, hint := syntax.GetToken().Position, ""
	switch message := syntax.GetMessage(); {
	case strings.Contains(message, "invalid key"):
		hint = `; within {}, put a name with brackets in quotes: {"table[2]": 7}`
	case strings.Contains(message, `'\t'`):
		hint = "; indent with spaces, not tabs"
	}
	r.fail(position{r.file, at.Line, at.Column}, "%s%s", syntax.GetMessage(), hint)
}

// pairs returns the pairs of a mapping, of which each key is a word that stands once.
func (r *presetsReader) pairs(n ast.Node, what string) (out []*ast.MappingValueNode) {
	if _, null := n.(*ast.NullNode); null {
		return nil
	}
	m, ok := n.(*ast.MappingNode)
	if !ok {
		r.fail(r.at(n), "%s has keys and values, and not %s", what, describe(n))
		return nil
	}
	seen := map[string]bool{}
	for _, pair := range m.Values {
		key, ok := pair.Key.(*ast.StringNode)
		switch {
		case !ok:
			r.fail(r.at(pair.Key), "%s has a key that is no word: %s", what, pair.Key.GetToken().Value)
		case seen[key.Value]:
			r.fail(r.at(pair.Key), "%s has %q twice; keep one of them", what, key.Value)
		default:
			seen[key.Value] = true
			out = append(out, pair)
		}
	}
	return out
}

func keyOf(pair *ast.MappingValueNode) string { return pair.Key.(*ast.StringNode).Value }

// unknown reports a key that is none of those that there are.
func (r *presetsReader) unknown(pair *ast.MappingValueNode, what string, known ...string) {
	hint := "; there is " + strings.Join(known, ", ")
	if near := suggest.Spelling(keyOf(pair), known); near != "" {
		hint = "; did you mean " + near + "?"
	}
	r.fail(r.at(pair.Key), "%s has no key %q%s", what, keyOf(pair), hint)
}

// presetName is what a preset may be called: it becomes part of files' names.
var presetName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.,=+-]{0,63}$`)

func (r *presetsReader) presets(root *ast.MappingNode) (out []Preset) {
	found := false
	for _, pair := range r.pairs(root, "the file") {
		if keyOf(pair) != "presets" {
			r.unknown(pair, "the file", "presets")
			continue
		}
		found = true
		for _, one := range r.pairs(pair.Value, "presets") {
			if !presetName.MatchString(keyOf(one)) {
				r.fail(r.at(one.Key), "%q is no name of a preset: up to 64 letters, digits and _ . , = + -", keyOf(one))
			}
			out = append(out, r.preset(one))
		}
	}
	if len(out) == 0 && len(r.mistakes) == 0 {
		say := "there are no presets below presets"
		if !found {
			say = "there is no key presets"
		}
		r.fail(position{r.file, 1, 1}, "%s: write some as in presets: {fast: {set: {mode: 1}}}", say)
	}
	return out
}

func (r *presetsReader) preset(pair *ast.MappingValueNode) Preset {
	p := Preset{Name: keyOf(pair), at: r.at(pair.Key)}
	what := "preset " + p.Name
	for _, one := range r.pairs(pair.Value, what) {
		switch keyOf(one) {
		case "set":
			p.Set = r.settings(one.Value, what)
		case "objects":
			p.Objects = r.patterns(one.Value, what+": objects")
		case "programs":
			p.Programs = r.patterns(one.Value, what+": programs")
		default:
			r.unknown(one, what, "set", "objects", "programs")
		}
	}
	return p
}

func (r *presetsReader) settings(n ast.Node, what string) (out []Setting) {
	for _, pair := range r.pairs(n, what+": set") {
		path, err := globals.ParsePath(keyOf(pair))
		if err != nil {
			r.fail(r.at(pair.Key), "%s: %v", what, err)
			continue
		}
		if value, ok := r.value(pair.Value, what+": "+path.String()); ok {
			out = append(out, Setting{globals.Assignment{Path: path, Value: value}, r.at(pair.Value)})
		}
	}
	return out
}

// value returns the value of a variable as it is written.
func (r *presetsReader) value(n ast.Node, what string) (v globals.Value, ok bool) {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
		return globals.Value{Text: n.GetToken().Value}, true
	case *ast.StringNode:
		kind := n.GetToken().Type
		return globals.Value{Text: n.Value, Quoted: kind == token.DoubleQuoteType || kind == token.SingleQuoteType}, true
	case *ast.LiteralNode:
		return globals.Value{Text: n.Value.Value, Quoted: true}, true
	case *ast.SequenceNode:
		v.IsList, ok = true, true
		for _, item := range n.Values {
			one, fine := r.value(item, what)
			v.List, ok = append(v.List, one), ok && fine
		}
		if len(n.Values) == 0 {
			r.fail(r.at(n), "%s: the list is empty", what)
			return v, false
		}
		return v, ok
	case *ast.MappingNode:
		r.fail(r.at(n), "%s: the fields of a struct are set one by one, as in cfg.mode: 3", what)
	case *ast.NullNode:
		r.fail(r.at(n), "%s has no value", what)
	default:
		r.fail(r.at(n), "%s: %s is no value of a variable; write it out", what, describe(n))
	}
	return v, false
}

// patterns returns the patterns of a list, or the one that stands instead of a list.
func (r *presetsReader) patterns(n ast.Node, what string) (out []Pattern) {
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	if len(items) == 0 {
		r.fail(r.at(n), "%s is an empty list; leave the key out if the preset is for all", what)
	}
	for _, item := range items {
		text, ok := item.(*ast.StringNode)
		if !ok {
			r.fail(r.at(item), "%s are names or patterns such as handle_*, and not %s", what, describe(item))
			continue
		}
		if err := checkPattern(text.Value); err != nil {
			r.fail(r.at(item), "%s: %v", what, err)
			continue
		}
		out = append(out, Pattern{text.Value, r.at(item)})
	}
	return out
}

// describe names what a node of YAML is.
func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "an anchor, alias or tag"
	}
	return fmt.Sprintf("%q", n.GetToken().Value)
}
