package lab

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestParseCourse(t *testing.T) {
	have := []string{"hello", "mine", "own-tool"}
	for _, c := range []struct{ text, want string }{
		{"# a remark\nlabs: [mine, hello]\n", ""},
		{"labs:\n  - mine\n  - helo\n", `dir/course.yaml:3:5: there is no lab "helo"; did you mean "hello"?`},
		{"labs:\n  - mine\n  - mine\n", `dir/course.yaml:3:5: labs names "mine" twice; keep one`},
		{"labs: []\n", "dir/course.yaml:1:7: labs is an empty list"},
		{"lab: [mine]\n", `dir/course.yaml:1:1: unknown key "lab" in the choice of labs; did you mean "labs"?`},
		{"labs: [../mine]\n", `dir/course.yaml:1:8: `},
		{"", "dir/course.yaml:1:1: the choice of labs is empty"},
		{"title: x\n", "dir/course.yaml:1:1: "},
	} {
		fsys := fstest.MapFS{"course.yaml": {Data: []byte(c.text)}}
		got, err := ParseCourse(fsys, "dir", "course.yaml", have)
		switch {
		case c.want == "" && (err != nil || !slices.Equal(got.Labs, []string{"mine", "hello"})):
			t.Errorf("%q: %v, %v", c.text, got.Labs, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := ParseCourse(fstest.MapFS{}, "/some/dir", "course.yaml", have); err == nil || !strings.Contains(err.Error(), "/some/dir/course.yaml") {
		t.Errorf("a missing file: %v", err)
	}
}

// TestPathsAreWhole reads a lab below a root: messages name files with the root's path.
func TestPathsAreWhole(t *testing.T) {
	fsys := fstest.MapFS{"mine/lab.md": {Data: []byte(inStep("checks:\n  - exit: 0"))}}
	_, err := ParseIn(fsys, "/home/ada", "mine/lab.md")
	if err == nil || !strings.Contains(err.Error(), "/home/ada/mine/lab.md:4:10: ") || !strings.Contains(err.Error(), "no file /home/ada/mine/p.c") {
		t.Error(err)
	}
	if _, err := ParseIn(fsys, "/home/ada", "his/lab.md"); err == nil || !strings.Contains(err.Error(), "/home/ada/his/lab.md") {
		t.Error(err)
	}
}

// TestAsRead has a step that is text only do what its text shows.
func TestAsRead(t *testing.T) {
	l, err := ParseBytes("mine/lab.md", []byte(inHeader("duration: x")+"## Look\n\n```sh\ncat /proc/version\n```\n"))
	if err != nil {
		t.Fatal(err)
	}
	read := l.AsRead()
	if l.Steps[1].Run != nil || !slices.Equal(read.Steps[1].Run, []string{"cat /proc/version"}) || !slices.Equal(read.Steps[0].Run, []string{"ls"}) {
		t.Errorf("%+v", read.Steps)
	}
}
