package document

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Grammar says what the mappings of a document may hold: its Go types have the keys, as
// `yaml:"key"`, and the grammar has the rest.
type Grammar struct {
	Families map[string]Family // by the name of a mapping's Go type
	Rules    map[string]Rule   // by TYPE.KEY
}

// Rule says what one key may hold. Decode enforces it, the JSON Schema
// publishes it. For a list it speaks of each item, for a map of what its keys are like.
type Rule struct {
	Doc      string // for people
	Required bool
	Min, Max int64          // of a number, size or duration; no bounds if Max is 0
	Words    []string       // the only values
	Form     *regexp.Regexp // what a text must match
	Like     string         // what matches Form, for messages
	Def      any            // taken when the key is missing
	Entry    string         // of a map: what its keys name, as in "field"
	Bare     string         // of a map: the key that a value without one has
	Each     *Rule          // of a map: what its values may hold
	Repeats  bool           // of a list of words: one may be there more than once
	Lone     bool           // of a list: a single item may stand in its place
	Blank    bool           // there may be no value behind the key, and nothing in a map
}

// each returns the rule of a map's values.
func (r Rule) each() Rule {
	if r.Each == nil {
		return Rule{}
	}
	return *r.Each
}

// Family says what one mapping may hold beyond the rules of its keys.
type Family struct {
	Noun  string      // "a check", for messages
	One   []string    // exactly one of these keys
	Some  []string    // at least one of these keys
	Never [][2]string // keys that exclude each other
}

func (g Grammar) rule(t reflect.Type, key string) Rule { return g.Rules[t.Name()+"."+key] }

// Gaps lists what a grammar of these types lacks, and what it has and they do not: each key
// has a rule with a text, each mapping a noun, and no rule is for a key that is gone.
func (g Grammar) Gaps(types ...reflect.Type) []string {
	keys := map[string]bool{}
	for _, t := range types {
		collectKeys(t, keys)
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if g.Rules[key].Doc == "" {
			out = append(out, key+" has no text")
		}
		if name, _, _ := strings.Cut(key, "."); g.Families[name].Noun == "" {
			out = append(out, name+" has no noun")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(g.Rules)) {
		if !keys[key] {
			out = append(out, key+" is a rule for a key that no type has")
		}
	}
	return out
}

// collectKeys collects the keys of a type and of what is within it, as TYPE.KEY.
func collectKeys(t reflect.Type, keys map[string]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		if isEntries(t) {
			t = valueOf(t)
			continue
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[Value]() || isText(reflect.New(t).Elem()) {
		return
	}
	for key, index := range fieldsOf(t) {
		keys[t.Name()+"."+key] = true
		collectKeys(t.Field(index).Type, keys)
	}
}
