package lab

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"trace", "stdout", "exit", "map", "event", "packets"}
	for word, want := range map[string]string{
		"traec": "trace", "stdot": "stdout", "exitt": "exit", "mpa": "map", "packet": "packets",
		"Trace": "trace", "colour": "", "": "", "x": "", "xyz": "",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1},
		{"abc", "ab", 1}, {"abc", "xbc", 1}, {"ab", "ba", 1}, {"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		if got, back := distance(tt.a, tt.b), distance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("%q to %q is %d, back %d; want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
}
