package workshop

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/labs"
)

// courseLessons returns the lessons of the course, in order.
func courseLessons(t *testing.T) []*Lesson {
	t.Helper()
	tree := run.Tree{FS: os.DirFS("../.."), Root: "../.."}
	var out []*Lesson
	for _, name := range labs.Course {
		l, err := lab.Parse(tree.FS, "labs/"+name+"/lab.md")
		if err != nil {
			t.Fatal(err)
		}
		lesson, err := NewLesson(l, tree)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, lesson)
	}
	return out
}

// TestPastesBuild follows the lessons: what a step says to paste is pasted where it says,
// into what the steps before it made of the starter. At the end the file is the solution.
// It compiles then, and after each step whose code a later step replaces.
func TestPastesBuild(t *testing.T) {
	builder := build.New(build.Options{})
	for _, l := range courseLessons(t) {
		code := string(l.Starter)
		for i, st := range l.Steps {
			pastes := Pastes(st.Solution)
			if fences := strings.Count(st.Solution, "```c\n"); fences != len(pastes) {
				t.Errorf("%s, %s: of the %d blocks of C in the solution, %d say where they go", l.Name, st.Name, fences, len(pastes))
			}
			var err error
			if code, err = l.PasteSolution(st.Name, code); err != nil {
				t.Fatalf("%s, %s: %v", l.Name, st.Name, err)
			}
			if l.Program == "" || i < len(l.Steps)-1 && !replacedLater(pastes, l.Steps[i+1:]) {
				continue
			}
			source := run.Source(l.Lab, l.Tree, l.Program)
			source.FS = overlay{l.Tree.FS, l.place(l.Program), []byte(code)}
			if _, err := builder.Object(context.Background(), source); err != nil {
				t.Fatalf("%s, after %s: %v", l.Name, st.Name, err)
			}
		}
		if got, want := codeOnly(code), codeOnly(string(l.Solution)); got != want {
			t.Errorf("%s: followed to its end, the lesson makes\n%s\nand the solution is\n%s", l.Name, got, want)
		}
	}
}

// replacedLater reports whether later steps replace code of a step.
func replacedLater(pastes []Paste, later []lab.Step) bool {
	for _, st := range later {
		for _, p := range Pastes(st.Solution) {
			if slices.ContainsFunc(pastes, func(own Paste) bool { return own.Name == p.Name }) {
				return true
			}
		}
	}
	return false
}

// remark matches a remark in C, or a text, which may look like one.
var remark = regexp.MustCompile(`"(?:\\.|[^"\n])*"|(?s:/\*.*?\*/)|//[^\n]*|'(?:\\.|[^'\n])*'`)

// codeOnly returns C without remarks and empty lines.
func codeOnly(c string) string {
	c = remark.ReplaceAllStringFunc(c, func(found string) string {
		if found[0] == '/' {
			return ""
		}
		return found
	})
	var out []string
	for _, line := range strings.Split(c, "\n") {
		if line = strings.TrimRight(line, " \t"); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

var (
	word        = regexp.MustCompile(`[A-Za-z_]\w*`)
	declaration = regexp.MustCompile(`(?m)^[ \t]*(?:for \()?(?:static |__always_inline |__noinline )*(?:struct \w+|__[us]\d+|__be\d+|int|long|char|void)\b[^\n]*$`)
	defined     = regexp.MustCompile(`(?m)^\w.* (\w+)\(`)
	declared    = regexp.MustCompile(`[ *,(](\w+)(?:\[\w*\])?\s*(?:=[^=]|;|,|\))`)
	keywords    = regexp.MustCompile(`^(?:static|struct|int|long|char|void|if|else|for|do|while|return|break|sizeof|unsigned|volatile)$`)
)

// TestNamesAreShown looks for every name in a step's part of the solution: one that the
// code does not declare itself is in the lesson's text up to there, in the student's file
// or in a header that the page shows. Hints do not count, because nobody has to open them.
func TestNamesAreShown(t *testing.T) {
	for _, l := range courseLessons(t) {
		shown := map[string]bool{}
		show := func(text string) {
			for _, name := range word.FindAllString(text, -1) {
				shown[name] = true
			}
		}
		show(l.Intro)
		show(string(l.Starter))
		for _, h := range l.Headers() {
			show(h.Text)
		}
		for _, st := range l.Steps {
			show(st.Prose)
			for _, p := range Pastes(st.Solution) {
				for _, name := range namesFrom(p.Code) {
					if !shown[name] {
						t.Errorf("%s, %s: the text, the file and its headers do not show %s", l.Name, st.Name, name)
					}
				}
				show(p.Code)
			}
		}
	}
}

// namesFrom returns the names in C that are declared elsewhere.
func namesFrom(c string) []string {
	c = remark.ReplaceAllString(c, "")
	own := map[string]bool{}
	for _, m := range defined.FindAllStringSubmatch(c, -1) {
		own[m[1]] = true
	}
	for _, line := range declaration.FindAllString(c, -1) {
		for _, m := range declared.FindAllStringSubmatch(line, -1) {
			own[m[1]] = true
		}
	}
	var out []string
	for _, name := range word.FindAllString(c, -1) {
		if !own[name] && !keywords.MatchString(name) {
			out = append(out, name)
			own[name] = true
		}
	}
	return out
}

// TestPasteRefuses pastes into a file that lacks the definition.
func TestPasteRefuses(t *testing.T) {
	p := Paste{Name: "hello", Replace: true, Code: "int hello(void *ctx)\n{\n\treturn 1;\n}\n"}
	for _, code := range []string{"", "int hell(void *ctx)\n{\n}\n", "int hello(void *ctx);\n", "int hello(void *ctx)\n{\n", "\tint hello(void *ctx)\n\t{\n\t}\n"} {
		if got, err := p.Into(code); err == nil {
			t.Errorf("%q became %q", code, got)
		}
	}
}

// TestHeaders returns the headers of the course that the page shows, also those that others
// include, each once.
func TestHeaders(t *testing.T) {
	for _, l := range courseLessons(t) {
		want := map[string]string{"tc-egress": "skb.h packet.h kernel.h", "uprobes": "kernel.h regs.h", "verifier-limits": ""}[l.Name]
		var names []string
		for _, h := range l.Headers() {
			if names = append(names, h.Name); h.Text == "" {
				t.Errorf("%s: %s is empty", l.Name, h.Name)
			}
		}
		got := strings.Join(names, " ")
		if l.Program != "" && got == "" || (want != "" || l.Program == "") && got != want {
			t.Errorf("%s: headers %q, want %q", l.Name, got, want)
		}
	}
}
