package labs_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/bpf"
	"github.com/bpflab/bpflab/labs"
)

var (
	solutions = regexp.MustCompile(`(?s)<summary>Solution</summary>(.*?)</details>`)
	codeBlock = regexp.MustCompile("(?s)```c\n(.*?)```")
	program   = regexp.MustCompile(`(?m)^program: \.\./\.\./bpf/(\S+)$`)
)

// documents are the texts of all labs by name.
func documents(t *testing.T) map[string]string {
	t.Helper()
	files, err := fs.Glob(labs.FS, "*/lab.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d lab documents embedded, %v", len(files), err)
	}
	texts := map[string]string{}
	for _, file := range files {
		text, err := fs.ReadFile(labs.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		texts[path.Dir(file)] = string(text)
	}
	return texts
}

// What a document shows as the solution is what is built and run.
func TestSolutionsAreTheCode(t *testing.T) {
	shown := 0
	for name, text := range documents(t) {
		m := program.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		code, err := fs.ReadFile(bpf.FS, m[1])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, solution := range solutions.FindAllStringSubmatch(text, -1) {
			for _, block := range codeBlock.FindAllStringSubmatch(solution[1], -1) {
				shown++
				if !strings.Contains(string(code), block[1]) {
					t.Errorf("%s: this solution is not in bpf/%s:\n%s", name, m[1], block[1])
				}
			}
		}
	}
	if shown == 0 {
		t.Error("no document shows a solution")
	}
}

func TestIndexNamesEveryLab(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range documents(t) {
		if !strings.Contains(string(index), "("+name+"/lab.md)") {
			t.Errorf("labs/README.md does not name %s", name)
		}
	}
}
