package lab

import (
	"reflect"

	"github.com/bpflab/bpflab/harness/document"
)

// Schema returns the JSON Schema (draft 2020-12) of a lab's front matter, of a
// step's comment and of a choice of labs. It is what docs/lab.schema.json holds. What
// Parse wants across mappings is said in docs/labs.md.
func Schema() ([]byte, error) {
	return grammar.Schema(document.About{
		ID:          "https://github.com/bpflab/bpflab/docs/lab.schema.json",
		Title:       "bpflab lab document",
		Description: "The front matter of a lab, the bpflab comment of one of its steps, or a choice of labs (course.yaml).",
	}, schemaTypes...)
}

var schemaTypes = []reflect.Type{reflect.TypeFor[Header](), reflect.TypeFor[Action](), reflect.TypeFor[Course]()}
