package lab

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func course() fstest.MapFS {
	text := []byte(inStep("checks:\n  - exit: 0"))
	fsys := fstest.MapFS{"labs/notes/README.md": {Data: []byte("no lab")}}
	for _, name := range []string{"xdp-drop", "hello", "map-counters"} {
		fsys["labs/"+name+"/lab.md"] = &fstest.MapFile{Data: text}
		fsys["labs/"+name+"/p.c"] = &fstest.MapFile{}
		fsys["labs/"+name+"/s.c"] = &fstest.MapFile{}
	}
	return fsys
}

func namesOf(labs []*Lab) []string {
	var out []string
	for _, l := range labs {
		out = append(out, l.Name)
	}
	return out
}

func TestAllIsSorted(t *testing.T) {
	labs, err := All(course())
	if want := []string{"hello", "map-counters", "xdp-drop"}; err != nil || !slices.Equal(namesOf(labs), want) {
		t.Errorf("got %q, %v; want %q", namesOf(labs), err, want)
	}
}

func TestFindKeepsTheOrder(t *testing.T) {
	labs, err := Find(course(), []string{"xdp-drop", "hello", "xdp-drop"})
	if want := []string{"xdp-drop", "hello"}; err != nil || !slices.Equal(namesOf(labs), want) {
		t.Errorf("got %q, %v; want %q", namesOf(labs), err, want)
	}
}

func TestFindUnknown(t *testing.T) {
	tests := []struct{ name, suggest, text string }{
		{"helo", "hello", `no lab "helo"; did you mean "hello"?; there are hello, map-counters, xdp-drop`},
		{"nope", "", `no lab "nope"; there are hello, map-counters, xdp-drop`},
		{"../x", "", `no lab "../x"; there are hello, map-counters, xdp-drop`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Find(course(), []string{"hello", tt.name})
			var missing *NotFound
			if !errors.As(err, &missing) || missing.Suggest != tt.suggest || err.Error() != tt.text {
				t.Errorf("got %v, want %s", err, tt.text)
			}
		})
	}
}

func TestAllReportsEveryLab(t *testing.T) {
	fsys := course()
	for _, name := range []string{"hello", "xdp-drop"} {
		fsys["labs/"+name+"/lab.md"].Data = []byte("no lab")
	}
	_, err := All(fsys)
	for _, want := range []string{"labs/hello/lab.md:1:1: ", "labs/xdp-drop/lab.md:1:1: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
