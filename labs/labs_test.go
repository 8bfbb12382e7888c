package labs_test

import (
	"encoding/xml"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/labs"
)

// documents returns the texts of all labs by name.
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

// The course is all the labs there are, each once.
func TestCourseNamesEveryLab(t *testing.T) {
	all := documents(t)
	seen := map[string]bool{}
	for _, name := range labs.Course {
		if seen[name] {
			t.Errorf("the course has %s twice", name)
		}
		if seen[name] = true; all[name] == "" {
			t.Errorf("the course names %s, which has no document", name)
		}
	}
	for name := range all {
		if !seen[name] {
			t.Errorf("the course leaves %s out", name)
		}
	}
}

var link = regexp.MustCompile(`(!?)\[([^\]]*)\]\(([^)#\s]*)[^)]*\)`)

// Figures and links lead to files that are there, and every figure has words and is
// shown somewhere.
func TestLinksAndFigures(t *testing.T) {
	shown := map[string]bool{}
	for name, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			to := m[3]
			if to == "" || strings.Contains(to, "://") {
				continue
			}
			if _, err := os.Stat(path.Join(name, to)); err != nil {
				t.Errorf("%s links to %s: %v", name, to, err)
			}
			if m[1] == "!" {
				shown[path.Join(name, to)] = true
				if m[2] == "" {
					t.Errorf("%s: the figure %s has no words", name, to)
				}
			}
		}
	}
	figures, err := fs.Glob(labs.FS, "*/*.svg")
	if err != nil || len(figures) == 0 {
		t.Fatal(figures, err)
	}
	for _, figure := range figures {
		text, err := fs.ReadFile(labs.FS, figure)
		if err != nil {
			t.Fatal(err)
		}
		if !shown[figure] {
			t.Errorf("no lab shows %s", figure)
		}
		if err := xml.Unmarshal(text, new(struct{})); err != nil || !strings.Contains(string(text), "<title") || !strings.Contains(string(text), "<desc") {
			t.Errorf("%s is no XML with a title and a description: %v", figure, err)
		}
	}
}

// Where a text sends its reader to another lab, it links to it.
func TestLabsAreLinked(t *testing.T) {
	named := regexp.MustCompile("(?:lab|see)\\s`(" + strings.Join(labs.Course, "|") + ")`")
	for name, text := range documents(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if m[1] != name {
				t.Errorf("%s: %q is no link: write [%s](../%s/lab.md)", name, m[0], m[1], m[1])
			}
		}
	}
}

var heading = regexp.MustCompile(`(?m)^## `)

// Commands that a student types are in steps with checks, so they are run.
func TestEveryCommandIsRun(t *testing.T) {
	for name, text := range documents(t) {
		for _, step := range heading.Split(text, -1) {
			title, _, _ := strings.Cut(step, "\n")
			if strings.Contains(step, "```sh\n") && !strings.Contains(step, "<!-- bpflab") {
				t.Errorf("%s: the commands of %q are not run: no check stands there", name, title)
			}
		}
	}
}
