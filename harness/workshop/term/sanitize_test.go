package term

import (
	"os"
	"slices"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestSanitize(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb":                         "a    b",
		"one\ntwo\n\n":                 "one\ntwo",
		"\x1b[31mred\x1b[0m":           "red",
		"\x1b]52;c;aGFjaw==\x07paste":  "paste",
		"\x1b]0;title\x1b\\":           "",
		"bell\x07 back\x08 cr\r\u0085": "bell back cr",
		"\u202efdp.exe":                "fdp.exe",
		"\x9b2Jx":                      "x",
	} {
		if got := sanitize(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{"a\tb", "\x1b[31mred", "\x1b]52;c;aGFjaw==\x07", "\x1bPq\x1b\\", "\u009b2J", "ä€"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range sanitize(text) {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 {
				t.Fatalf("%q in plain(%q)", r, text)
			}
		}
	})
}

func TestJustify(t *testing.T) {
	for _, c := range []struct {
		left, right string
		width       int
		want        string
	}{
		{"left", "right", 12, "left   right"},
		{"left", "/a/long/path", 12, "left  …/path"},
		{"left is long", "right", 12, "left is long"},
		{"left is too long", "right", 12, "left is too…"},
	} {
		if got := justify(c.left, c.right, c.width); got != c.want || ansi.StringWidth(got) > c.width {
			t.Errorf("spread(%q, %q, %d) = %q, want %q", c.left, c.right, c.width, got, c.want)
		}
	}
}

func TestEditor(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		has  []string
		want []string
	}{
		"VISUAL first": {map[string]string{"VISUAL": "code --wait", "EDITOR": "vi"}, []string{"nano"}, []string{"code", "--wait"}},
		"EDITOR":       {map[string]string{"EDITOR": "emacs"}, nil, []string{"emacs"}},
		"nano":         {nil, []string{"nano", "vi"}, []string{"/bin/nano"}},
		"vi":           {map[string]string{"EDITOR": " "}, []string{"vi"}, []string{"/bin/vi"}},
		"none":         {nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			find := func(name string) (string, error) {
				if slices.Contains(c.has, name) {
					return "/bin/" + name, nil
				}
				return "", os.ErrNotExist
			}
			got, err := editor(func(name string) string { return c.env[name] }, find)
			if !slices.Equal(got, c.want) || (err == nil) != (c.want != nil) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
