package lab

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"time"
)

// Schema returns the JSON Schema (draft 2020-12) of a lab's front matter, of a
// step's comment and of a choice of labs, made from the Go types and the tables in rules.go. It is
// what docs/lab.schema.json holds. A schema sees one mapping at a time; what
// Parse wants across them is said in docs/labs.md.
func Schema() ([]byte, error) {
	s := schemas{}
	header, action, course := s.of(reflect.TypeFor[Header]()), s.of(reflect.TypeFor[Action]()), s.of(reflect.TypeFor[Course]())
	text, err := json.MarshalIndent(object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         "https://github.com/bpflab/bpflab/docs/lab.schema.json",
		"title":       "bpflab lab document",
		"description": "The front matter of a lab, the bpflab comment of one of its steps, or a choice of labs (course.yaml).",
		"anyOf":       []object{header, action, course},
		"$defs":       s,
	}, "", "  ")
	return append(text, '\n'), err
}

type object = map[string]any

// schemas holds the definition of each struct by its name.
type schemas map[string]object

// of returns a reference to the definition of t, which it makes if needed.
func (s schemas) of(t reflect.Type) object {
	if _, ok := s[t.Name()]; !ok {
		s[t.Name()] = nil // no definition refers to itself, but do not loop if one did
		s[t.Name()] = s.define(t)
	}
	return object{"$ref": "#/$defs/" + t.Name()}
}

func (s schemas) define(t reflect.Type) object {
	properties, required := object{}, []string{}
	for key, index := range fieldsOf(t) {
		r := rules[t.Name()+"."+key]
		properties[key] = s.property(t.Field(index).Type, r)
		if r.required {
			required = append(required, key)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if slices.Sort(required); len(required) > 0 {
		out["required"] = required
	}
	families[t.Name()].constrain(out)
	return out
}

// constrain adds which keys must and must not stand together.
func (f family) constrain(out object) {
	if len(f.one) > 0 {
		out["oneOf"] = eachRequired(f.one)
	}
	if len(f.some) > 0 {
		out["anyOf"] = eachRequired(f.some)
	}
	var never []object
	for _, pair := range f.never {
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
func (s schemas) property(t reflect.Type, r rule) object {
	out := s.value(t, r)
	out["description"] = r.doc
	if r.def != nil {
		out["default"] = shown(r.def)
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

func (s schemas) value(t reflect.Type, r rule) object {
	switch {
	case t == reflect.TypeFor[Size]():
		return object{"type": "string", "pattern": sizeForm.String()}
	case t == reflect.TypeFor[time.Duration]():
		return object{"type": "string", "pattern": durationForm.String()}
	case t == reflect.TypeFor[Where]():
		return object{"anyOf": []object{conditionSchema(), plainSchema()}}
	case isText(reflect.New(t).Elem()):
		return object{"type": []string{"string", "number"}}
	case t.Kind() == reflect.Pointer:
		return s.value(t.Elem(), r)
	case t.Kind() == reflect.Struct:
		return s.of(t)
	case t.Kind() == reflect.Slice:
		return s.list(t, r)
	case t.Kind() == reflect.Map:
		return conditionSchema()
	}
	return simple(t, r)
}

// durationForm is what time.ParseDuration reads, without sign and zero.
var durationForm = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`)

func (s schemas) list(t reflect.Type, r rule) object {
	out := object{"type": "array", "minItems": 1, "items": s.value(t.Elem(), r)}
	if t.Elem().Kind() == reflect.String {
		out["uniqueItems"] = true
	}
	return out
}

func simple(t reflect.Type, r rule) object {
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return textSchema(r)
	}
	out := object{"type": "integer"}
	if r.max != 0 {
		out["minimum"], out["maximum"] = r.min, r.max
	}
	return out
}

func textSchema(r rule) object {
	out := object{"type": "string"}
	switch {
	case r.words != nil:
		out["enum"] = r.words
	case r.form != nil:
		out["pattern"] = r.form.String()
	default:
		out["minLength"] = 1
	}
	return out
}

func plainSchema() object { return object{"type": []string{"integer", "string", "boolean"}} }

// conditionSchema returns the schema of fields and what they must be.
func conditionSchema() object {
	return object{
		"type": "object", "minProperties": 1, "additionalProperties": plainSchema(),
		"propertyNames": object{"pattern": fieldPath.String()},
	}
}
