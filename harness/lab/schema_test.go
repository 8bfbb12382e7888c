package lab

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bpflab/bpflab/harness/document"
)

var update = flag.Bool("update", false, "rewrite docs/lab.schema.json")

const schemaFile = "../../docs/lab.schema.json"

func TestSchemaIsUpToDate(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the types say; rewrite it with: go test ./harness/lab -run Schema -update", schemaFile)
	}
}

func TestGrammarIsWhole(t *testing.T) {
	for _, gap := range grammar.Gaps(schemaTypes...) {
		t.Error(gap)
	}
}

// compileSchema compiles one definition of the schema.
func compileSchema(t *testing.T, definition string) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("lab.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("lab.schema.json" + definition)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON turns YAML into what a schema validates.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	j, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// pieces returns the front matter and the comments of a document.
func pieces(t *testing.T, file, text string) (header string, comments []string) {
	t.Helper()
	p := &document.Problems{File: file}
	clean, _ := document.Clean([]byte(text), p)
	front, rest, _ := cutFrontMatter(clean, p)
	s := newSource(rest)
	for _, sec := range outline(s, p) {
		r := &reader{source: s, Problems: p, section: sec, hidden: map[int]bool{}, known: map[int]bool{}}
		if c := r.read().comment; c != nil {
			comments = append(comments, c.Text)
		}
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	return front.Text, comments
}

func TestSchemaAcceptsTheCourse(t *testing.T) {
	header, action := compileSchema(t, "#/$defs/Header"), compileSchema(t, "#/$defs/Action")
	either := compileSchema(t, "")
	docs := map[string]string{"whole": whole}
	names, err := Names(root)
	if err != nil || len(names) == 0 {
		t.Fatalf("no lab: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile("../../labs/" + name + "/lab.md")
		if err != nil {
			t.Fatal(err)
		}
		docs[name] = string(text)
	}
	for name, text := range docs {
		front, comments := pieces(t, name, text)
		if err := header.Validate(asJSON(t, front)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, c := range comments {
			v := asJSON(t, c)
			if err := action.Validate(v); err != nil {
				t.Errorf("%s: %v\n%s", name, err, c)
			}
			if err := either.Validate(v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestSchemaRejects(t *testing.T) {
	tests := []struct{ name, definition, yaml string }{
		{"unknown key", "Header", "title: T\nsummary: S\ncolour: red"},
		{"no title", "Header", "summary: S"},
		{"size without unit", "Header", "title: T\nsummary: S\nmemory: 256"},
		{"no CPU", "Header", "title: T\nsummary: S\ncpus: 0"},
		{"empty list", "Action", "load: []"},
		{"unknown namespace", "Action", "in: host"},
		{"check of two kinds", "Action", "checks:\n  - exit: 0\n    insns: {max: 3}"},
		{"check of no kind", "Action", "checks:\n  - when: \"6.1\""},
		{"min and count", "Action", "checks:\n  - trace: {comm: ls, min: 1, count: 2}"},
		{"list in where", "Action", "checks:\n  - map: {name: m, where: {pid: [1]}, sum: 1}"},
		{"bare where of an event", "Action", "checks:\n  - event: {map: m, where: 1}"},
		{"bad port", "Action", "send:\n  - {udp: 70000, count: 1}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := compileSchema(t, "#/$defs/"+tt.definition).Validate(asJSON(t, tt.yaml)); err == nil {
				t.Error("was accepted")
			}
		})
	}
}
