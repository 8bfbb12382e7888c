package console

import (
	"strings"
	"testing"
)

func TestLastLineCanBeShown(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"blank lines after it", "first\r\nlast\r\n\n", "last"},
		{"control characters", "first\n\x1b[2Jl\x00ast\xff", "?[2Jl?ast\uFFFD"},
		{"too long", strings.Repeat("x", 1<<20) + "end", strings.Repeat("x", maxLine-3) + "end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := LastLine([]byte(test.in)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
