package suggest

import (
	"slices"
	"testing"
)

func TestNames(t *testing.T) {
	names := []string{"sys_getdents", "sys_getdents64", "sys_getpid", "sys_gettid"}
	for _, c := range []struct {
		word         string
		within, most int
		want         []string
	}{
		{"sys_getdent64", 1, 5, []string{"sys_getdents64"}},
		{"sys_getdents6", 2, 5, []string{"sys_getdents", "sys_getdents64"}},
		{"SYS_GETPID", 2, 1, []string{"sys_getpid"}},
		{"sys_gettdi", 1, 1, []string{"sys_gettid"}},
		{"sys_getuid", 1, 5, []string{"sys_getpid", "sys_gettid"}},
		{"sys_getppid", 1, 5, []string{"sys_getpid"}},
		{"", 2, 5, nil},
	} {
		got := Names(c.word, names, c.within, c.most)
		if !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%q: %v, want %v", c.word, got, c.want)
		}
	}
	if got := Name("6.13", []string{"6.1", "6.12", "latest"}); got != "6.1" {
		t.Errorf("%q", got)
	}
	if got := Name("vanilla", []string{"latest"}); got != "" {
		t.Errorf("%q", got)
	}
}

func TestSpelling(t *testing.T) {
	words := []string{"trace", "stdout", "exit", "map", "event", "packets"}
	for word, want := range map[string]string{
		"traec": "trace", "stdot": "stdout", "exitt": "exit", "mpa": "map", "packet": "packets",
		"Trace": "trace", "evnts": "event", "colour": "", "": "", "x": "", "xyz": "",
	} {
		if got := Spelling(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if got := Spelling("a", []string{"b"}); got != "" {
		t.Errorf("a word of which no letter is right was taken for %q", got)
	}
}
