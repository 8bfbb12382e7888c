package report

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "ls: getdents64 called", "ls: getdents64 called"},
		{"other scripts", "größe 你好", "größe 你好"},
		{"escape sequence", "\x1b[2J", `\x1b[2J`},
		{"C1 control", "\u009b2J", `\x9b2J`},
		{"no UTF-8", "a\xffb", `a\xffb`},
		{"NUL", "a\x00", `a\x00`},
		{"carriage return", "a\rb", `a\x0db`},
		{"line ends stay", "a\r\nb\nc", "a\nb\nc"},
		{"tab", "a\tb", "a    b"},
		{"right-to-left override", "a\u202eb", `a\u202eb`},
		{"a true replacement character", "\ufffd", "\ufffd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := clean(tt.text); got != tt.want {
				t.Errorf("clean = %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add(hostile)
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		if !utf8.ValidString(got) {
			t.Errorf("%q is no UTF-8", got)
		}
		for _, r := range got {
			if r != '\n' && !unicode.IsGraphic(r) {
				t.Errorf("%q lets %U through", got, r)
			}
		}
		if again := clean(got); again != got {
			t.Errorf("cleaning twice: %q, then %q", got, again)
		}
	})
}
