package term

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/bpflab/bpflab/labs"
)

func TestMarkdown(t *testing.T) {
	for name, test := range map[string]struct{ source, want string }{
		"paragraph":     {"One two\nthree four five six.", " One two three\n four five six."},
		"heading":       {"## A *b*\n\ntext", " A b\n\n text"},
		"list":          {"- one two three four\n  five\n- six\n  - seven\n", " • one two three\n   four five\n • six\n   • seven"},
		"loose list":    {"1. one\n\n   two\n\n2. three\n", " 1. one\n\n    two\n\n 2. three"},
		"code":          {"```c\nint x;\n\n\treturn 0; /* a */\n```", "   int x;\n\n       return 0;\n   /* a */"},
		"quote":         {"> a\n> b", " │ a b"},
		"link":          {"[a](b.md) [c](https://d)", " a c (https://d)"},
		"figure":        {"![What](x.svg)", " [figure: What]"},
		"HTML":          {"a <code>b</code>\n\n<div>c</div>\n", " a b"},
		"table":         {"| a | b |\n|---|---|\n| 1 | `2` |\n", "  a │ b\n ───┼───\n  1 │ 2"},
		"line break":    {"a\\\nb", " a\n b"},
		"no escape":     {"a \x1b[2Jb", " a b"},
		"entity, quote": {"a &amp; \\* b", " a & * b"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, line := range newTheme(dark, true).markdown(test.source, 17) {
				if strings.Contains(line, "\x1b[2J") {
					t.Errorf("%q", line)
				}
				got = append(got, strings.TrimRight(ansi.Strip(line), " "))
			}
			if s := strings.Join(got, "\n"); s != test.want {
				t.Errorf("got\n%s\nwant\n%s", s, test.want)
			}
		})
	}
}

// TestMarkdownOfTheCourse renders every lesson in several widths, which no line exceeds.
func TestMarkdownOfTheCourse(t *testing.T) {
	documents, err := fs.Glob(labs.FS, "*/lab.md")
	if err != nil || len(documents) == 0 {
		t.Fatal(documents, err)
	}
	for _, document := range documents {
		text, err := fs.ReadFile(labs.FS, document)
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{30, 80, 120} {
			for _, line := range newTheme(unknown, false).markdown(string(text), width) {
				if w := ansi.StringWidth(line); w > width {
					t.Errorf("%s in %d columns: %d: %q", path.Dir(document), width, w, line)
				}
			}
		}
	}
}

func TestHighlight(t *testing.T) {
	th := newTheme(dark, true)
	code := "#include <a.h>\nint f(void) { return 'x'; } // \"no string\"\nchar *s = \"int\"; intern();\n"
	got := th.c(code)
	if ansi.Strip(got) != code {
		t.Errorf("%q", ansi.Strip(got))
	}
	for token, coloured := range map[string]bool{"int": true, "return": true, `"int"`: true, `// "no string"`: true, "#include <a.h>": true, "intern": false, `"no string"`: false} {
		if strings.Contains(got, "m"+token+"\x1b[") != coloured {
			t.Errorf("%s coloured: %v in %q", token, !coloured, got)
		}
	}
	if plainTheme := newTheme(dark, false); plainTheme.c(code) != code {
		t.Error("colours where there are none")
	}
}
