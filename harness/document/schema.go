package document

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"time"
)

// About is what a JSON Schema says of itself.
type About struct{ ID, Title, Description string }

// Schema returns the JSON Schema (draft 2020-12) of a document that is one of the types,
// which are structs. A schema sees one mapping at a time.
func (g Grammar) Schema(about About, types ...reflect.Type) ([]byte, error) {
	s := schemas{g, map[string]object{}}
	var any []object
	for _, t := range types {
		any = append(any, s.of(t))
	}
	text, err := json.MarshalIndent(object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         about.ID,
		"title":       about.Title,
		"description": about.Description,
		"anyOf":       any,
		"$defs":       s.defined,
	}, "", "  ")
	return append(text, '\n'), err
}

type object = map[string]any

// schemas makes the definition of each struct.
type schemas struct {
	Grammar
	defined map[string]object // by the struct's name
}

// of returns a reference to the definition of t, which it makes if needed.
func (s schemas) of(t reflect.Type) object {
	if _, ok := s.defined[t.Name()]; !ok {
		s.defined[t.Name()] = nil // no definition refers to itself, but do not loop if one did
		s.defined[t.Name()] = s.define(t)
	}
	return object{"$ref": "#/$defs/" + t.Name()}
}

func (s schemas) define(t reflect.Type) object {
	properties, required := object{}, []string{}
	for key, index := range fieldsOf(t) {
		r := s.rule(t, key)
		properties[key] = s.property(t.Field(index).Type, r)
		if r.Required {
			required = append(required, key)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if slices.Sort(required); len(required) > 0 {
		out["required"] = required
	}
	s.Families[t.Name()].constrain(out)
	return out
}

// constrain adds which keys must and must not stand together.
func (f Family) constrain(out object) {
	if len(f.One) > 0 {
		out["oneOf"] = eachRequired(f.One)
	}
	if len(f.Some) > 0 {
		out["anyOf"] = eachRequired(f.Some)
	}
	var never []object
	for _, pair := range f.Never {
		never = append(never, object{"not": object{"required": pair[:]}})
	}
	if never != nil {
		out["allOf"] = never
	}
}

func eachRequired(keys []string) []object {
	out := make([]object, len(keys))
	for i, key := range keys {
		out[i] = object{"required": []string{key}}
	}
	return out
}

// property returns the schema of one key's value.
func (s schemas) property(t reflect.Type, r Rule) object {
	out := s.value(t, r)
	out["description"] = r.Doc
	if r.Def != nil {
		out["default"] = shown(r.Def)
	}
	return out
}

// shown returns a default as a document writes it.
func shown(def any) any {
	switch v := def.(type) {
	case Size:
		return v.String()
	case time.Duration:
		return v.String()
	}
	return def
}

func (s schemas) value(t reflect.Type, r Rule) object {
	switch {
	case t == reflect.TypeFor[Size]():
		return object{"type": "string", "pattern": sizeForm.String()}
	case t == reflect.TypeFor[time.Duration]():
		return object{"type": "string", "pattern": durationForm.String()}
	case isText(reflect.New(t).Elem()):
		return object{"type": []string{"string", "number"}}
	case t == reflect.TypeFor[Value]():
		return writtenSchema()
	case isEntries(t):
		return s.pairs(r, s.value(valueOf(t), r.each()))
	case t.Kind() == reflect.Pointer:
		return s.value(t.Elem(), r)
	case t.Kind() == reflect.Struct:
		return s.of(t)
	case t.Kind() == reflect.Slice:
		return s.list(t, r)
	case t.Kind() == reflect.Map:
		return s.table(t, r)
	}
	return simple(t, r)
}

// durationForm is what time.ParseDuration reads, without sign and zero.
var durationForm = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`)

func (s schemas) list(t reflect.Type, r Rule) object {
	out := object{"type": "array", "minItems": 1, "items": s.value(t.Elem(), r)}
	if t.Elem().Kind() == reflect.String && !r.Repeats {
		out["uniqueItems"] = true
	}
	if r.Lone {
		return object{"anyOf": []object{out, s.value(t.Elem(), r)}}
	}
	return out
}

func simple(t reflect.Type, r Rule) object {
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return textSchema(r)
	}
	out := object{"type": "integer"}
	if r.Max != 0 {
		out["minimum"], out["maximum"] = r.Min, r.Max
	}
	return out
}

func textSchema(r Rule) object {
	out := object{"type": "string"}
	switch {
	case r.Words != nil:
		out["enum"] = r.Words
	case r.Form != nil:
		out["pattern"] = r.Form.String()
	default:
		out["minLength"] = 1
	}
	return out
}

// writtenSchema returns the schema of a Value.
func writtenSchema() object {
	return object{"type": []string{"number", "string", "boolean", "array"}, "items": object{"type": []string{"number", "string", "boolean", "array"}}}
}

// pairs returns the schema of a mapping from the document's own words to values like each.
func (s schemas) pairs(r Rule, each object) object {
	if r.each().Blank {
		each = object{"anyOf": []object{each, {"type": "null"}}}
	}
	out := object{"type": "object", "minProperties": 1, "additionalProperties": each}
	if r.Blank {
		delete(out, "minProperties")
	}
	if r.Form != nil {
		out["propertyNames"] = object{"pattern": r.Form.String()}
	}
	return out
}

func plainSchema() object { return object{"type": []string{"integer", "string", "boolean"}} }

// table returns the schema of a map, or of a bare value in its place.
func (s schemas) table(t reflect.Type, r Rule) object {
	each := plainSchema()
	if t.Elem().Kind() != reflect.Interface {
		each = s.value(t.Elem(), r.each())
	}
	out := s.pairs(r, each)
	if r.Bare != "" {
		return object{"anyOf": []object{out, plainSchema()}}
	}
	return out
}
