package lab

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"
)

// A mistake is a document and every message it must give. A message is what
// follows the file's name.
type mistake struct {
	name string
	doc  string
	want []string
}

// Documents for the tables: yaml stands from line 17 on in a step that loads
// a program and has a command, from line 9 on in a step that has nothing, and
// from line 4 on in the front matter.

func inStep(yaml string) string {
	return "---\ntitle: T\nsummary: S\nprogram: p.c\nstarter: s.c\n---\n\n# T\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\n" + yaml + "\n-->\n"
}

func inBareStep(yaml string) string {
	return "---\ntitle: T\nsummary: S\n---\n# T\n\n## Step\n<!-- bpflab\n" + yaml + "\n-->\n"
}

func inHeader(yaml string) string {
	return "---\ntitle: T\nsummary: S\n" + yaml + "\n---\n" + inBody("")
}

// inBody puts text below the first step of a document without program.
func inBody(text string) string {
	return "# T\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n" + text
}

func messages(err error) []string {
	var all *multierror.Error
	if !errors.As(err, &all) {
		return nil
	}
	var out []string
	for _, e := range all.Errors {
		out = append(out, strings.TrimPrefix(e.Error(), "labs/x/lab.md:"))
	}
	return out
}

func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			l, err := ParseBytes("labs/x/lab.md", []byte(m.doc))
			if err == nil || l != nil {
				t.Fatalf("was accepted")
			}
			got := messages(err)
			if strings.Join(got, "\n") != strings.Join(m.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(m.want, "\n"))
			}
		})
	}
}
