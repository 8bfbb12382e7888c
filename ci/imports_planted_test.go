package ci

import (
	"slices"
	"testing"
	"testing/fstest"
)

// planted returns a tree with one fault of each kind.
func planted() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"low/low.go":           file("package low\n\nimport \"fmt\"\n"),
		"low/up.go":            file("package low\n\nimport _ \"github.com/bpflab/bpflab/high\"\n"),
		"low/low_test.go":      file("package low_test\n\nimport (\n\t_ \"github.com/bpflab/bpflab/low\"\n\t_ \"github.com/bpflab/bpflab/fake\"\n)\n"),
		"fake/fake.go":         file("package fake\n"),
		"high/high.go":         file("package high\n\nimport (\n\talias \"github.com/bpflab/bpflab/low\"\n\t_ \"github.com/bpflab/bpflab/fake\"\n)\n"),
		"high/a_linux.go":      file("//go:build linux\n\npackage high\n\nimport _ \"github.com/bpflab/bpflab/sibling\"\n"),
		"sibling/s.go":         file("package sibling\n"),
		"stranger/s.go":        file("package stranger\n"),
		"low/testdata/junk.go": file("no Go at all"),
		"top/main.go":          file("package main\n\nimport _ \"github.com/bpflab/bpflab/sibling\"\n"),
	}
}

func TestPlantedViolationsAreFound(t *testing.T) {
	all, err := imports(planted())
	if err != nil {
		t.Fatal(err)
	}
	table := map[string][]string{"low": {}, "fake": {}, "high": {"low"}, "sibling": {"low"}, "top": {"*"}}
	got := violations(table, []string{"fake"}, all)
	want := []string{
		"high/a_linux.go: high must not import sibling",
		"high/high.go: high must not import fake",
		"low/up.go: low must not import high",
		"stranger/s.go: the package stranger is in no layer: add it to the table in ci/imports_table_test.go",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnreadableGoIsAnError(t *testing.T) {
	if _, err := imports(fstest.MapFS{"a/a.go": {Data: []byte("no Go at all")}}); err == nil {
		t.Error("was accepted")
	}
}
