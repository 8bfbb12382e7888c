package kernel

import (
	"strings"
	"testing"
)

func TestChanges(t *testing.T) {
	pin := func(version, digest string) Ref {
		v, err := ParseVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		return Ref{Source: Debian, Flavour: Cloud, Version: v, Files: []File{{Package: "p", Version: version, SHA256: strings.Repeat(digest, 64)}}}
	}
	was := Lock{Refs: []Ref{pin("5.10.1", "a"), pin("6.1.1", "b"), pin("6.12.1", "c")}}
	now := Lock{Refs: []Ref{pin("6.1.2", "d"), pin("6.12.1", "c"), pin("7.1.1", "e")}}
	var got []string
	for _, c := range was.Changes(now) {
		got = append(got, c.Old.Package().Version+">"+c.New.Package().Version)
		if c.IsNew() != (c.Old.Package().Version == "") || c.IsGone() != (c.New.Package().Version == "") {
			t.Errorf("%+v", c)
		}
	}
	if want := "6.1.1>6.1.2 >7.1.1 5.10.1>"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if same := was.Changes(was); len(same) > 0 {
		t.Errorf("with itself: %+v", same)
	}
}
