package ci

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unwanted are words for which plain English has better ones: an actor, and a verb of its own.
const unwanted = `(?i)\b(tells|(?:is|are|was|were) told|of ours|shall|whoever)\b`

var (
	inText    = regexp.MustCompile(unwanted)
	inComment = regexp.MustCompile(`//.*?` + unwanted)
	function  = regexp.MustCompile(`\n// ([A-Z]\w*) (\w+).*\n(?://.*\n)*func (?:\(.*?\) )?(\w+)`)
	noVerb    = []string{"is", "was", "as", "this", "its"} // end like one
)

// TestStyle reads the comments of Go files, the labs' C, the pages and the lessons.
func TestStyle(t *testing.T) {
	root, read := os.DirFS(".."), 0
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if slices.Contains([]string{"node_modules", "testdata", ".git"}, path.Base(name)) {
				return fs.SkipDir
			}
			return err
		}
		if !slices.Contains([]string{".go", ".c", ".h", ".md"}, path.Ext(name)) {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		read++
		for _, complaint := range style(name, string(text)) {
			t.Error(complaint)
		}
		return err
	})
	if err != nil || read < 500 {
		t.Fatalf("%d files read, and %v: is this the repository?", read, err)
	}
}

// style returns the unwanted words of a file, and the exported functions whose comments
// do not begin with the name and a verb.
func style(name, text string) (complaints []string) {
	words, code := inText, path.Ext(name) == ".go"
	if code {
		words = inComment
	}
	for i, line := range strings.Split(text, "\n") {
		if found := words.FindStringSubmatch(line); found != nil && name != "ci/style_test.go" {
			complaints = append(complaints, fmt.Sprintf("%s:%d: %q", name, i+1, found[1]))
		}
	}
	for _, f := range function.FindAllStringSubmatch(text, -1) {
		verb := strings.HasSuffix(f[2], "s") && !slices.Contains(noVerb, f[2])
		if code && !strings.HasSuffix(name, "_test.go") && f[1] == f[3] && !verb {
			complaints = append(complaints, fmt.Sprintf("%s: %s %s: begin with a verb", name, f[1], f[2]))
		}
	}
	return complaints
}

func TestStyleFinds(t *testing.T) {
	got := style("p.go", "\n// F is one.\n// Or not.\nfunc (x *T[int]) F() {}\n// G returns what we are told.\nfunc G() {}\n\n// T is one.\ntype T int\n\nvar s = \"shall\"\n")
	got = append(got, style("p.md", "One\nWhoever")...)
	if want := []string{`p.go:5: "are told"`, "p.go: F is: begin with a verb", `p.md:2: "Whoever"`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
