package ci

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const modulePath = "github.com/bpflab/bpflab/"

// importing is one import within the module: by which package, in which file, and whether in a test.
type importing struct {
	from, to string
	file     string
	test     bool
}

// violations holds imports against a table, in words.
func violations(table map[string][]string, extra []string, all []importing) []string {
	var out []string
	for _, i := range all {
		allowed, known := table[i.from]
		switch {
		case !known:
			out = append(out, fmt.Sprintf("%s: the package %s is in no layer: add it to the table in ci/imports_table_test.go", i.file, i.from))
		case i.to == "" || i.to == i.from || slices.Contains(allowed, "*") || slices.Contains(allowed, i.to):
		case i.test && slices.Contains(extra, i.to):
		default:
			out = append(out, fmt.Sprintf("%s: %s must not import %s", i.file, i.from, i.to))
		}
	}
	return out
}

// imports reads what the Go files below root import of this module. A file that
// imports nothing of it is there with an empty to, so that its package is
// looked up all the same.
func imports(root fs.FS) ([]importing, error) {
	var out []importing
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		found, err := importsOf(root, name)
		out = append(out, found...)
		return err
	})
	return out, err
}

func importsOf(root fs.FS, name string) ([]importing, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	from := importing{from: path.Dir(name), file: name, test: strings.HasSuffix(name, "_test.go")}
	out := []importing{from}
	for _, spec := range file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if ours, ok := strings.CutPrefix(to, modulePath); ok {
			one := from
			one.to = ours
			out = append(out, one)
		}
	}
	return out, nil
}
