package ci

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rhysd/actionlint"
)

// actionlint reads the local action's inputs and outputs too.
func TestWorkflows(t *testing.T) {
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{WorkingDir: ".."})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	project, err := actionlint.NewProjects().At("..")
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := linter.LintFiles(files, project)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

// actionlint finds nothing wrong with the workflows that docs/ci.md shows.
func TestWorkflowsInDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(jobs:.*?)```").FindAllSubmatch(text, -1)
	if len(shown) == 0 {
		t.Fatal("docs/ci.md shows no workflow")
	}
	for i, block := range shown {
		linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := linter.Lint("docs/ci.md", append([]byte("on: push\n"), block[1]...), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wrong {
			t.Errorf("workflow %d: %v", i+1, w)
		}
	}
}
