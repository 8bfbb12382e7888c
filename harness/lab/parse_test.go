package lab

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bpflab/bpflab/harness/document"
)

const whole = `---
title: Count packets
summary: Drop one port.
program: ../../bpf/x.bpf.c
starter: ../../bpf/starter/x.bpf.c
kernels: ">=4.19"
memory: 1GiB
cpus: 2
timeout: 90s
needs:
  - config: CONFIG_VETH
    since: 4.19
    optional: true
modules: [veth]
---

# Count the packets

Before *anything* else.

## Drop ` + "`one`" + ` port, not all!

First.

` + "```sh\n# a remark\nls \\\n  /\n\necho done\n```" + `

<!-- a remark nobody sees -->

` + "```c\nint x;\n```" + `

<!-- bpflab
load: [drop]
attach:
  - program: drop
    to: server
    mode: generic
network: true
in: client
repeat: 3
when: ">=5.4"
send:
  - udp: 7000
    count: 10
checks:
  - packets:
      port: 7000
      dropped: 10
  - map:
      name: counts
      where: 7000
      sum: 10
  - trace:
      comm: ls
    when: 6.10
-->

<details><summary>Hint: <b>look</b></summary>

A hint.

` + "```sh\nnot run\n```" + `

</details>

<details>
<summary>Solution</summary>
All in one block.
</details>

Last.

<details><summary>More</summary>

For experts.

</details>

## Think

` + "```sh\nnot run either\n```\n"

func TestParseBytes(t *testing.T) {
	l, err := ParseBytes("labs/count-packets/lab.md", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	s := l.Steps[0]
	got := map[string]any{
		"name": l.Name, "title": l.Title, "memory": l.Memory, "cpus": l.CPUs, "timeout": l.Timeout, "usual timeout": l.UsualTimeout,
		"kernels": l.Kernels.String(), "since": l.Needs[0].Since.String(), "intro": l.Intro,
		"steps": len(l.Steps), "step": s.Name, "step title": s.Title, "line": s.Line, "comment": s.Comment,
		"prose": s.Prose, "hints": s.Hints, "solution": s.Solution, "run": s.Run,
		"send": s.Send[0], "where": s.Checks[1].Map.Where, "min": s.Checks[2].Trace.Min,
		"when": s.Checks[2].When.String(), "check lines": []int{s.Checks[0].Line, s.Checks[1].Line, s.Checks[2].Line},
		"text only": l.Steps[1].Run,
	}
	want := map[string]any{
		"name": "count-packets", "title": "Count packets", "memory": 1 * GiB, "cpus": 2, "timeout": 90 * time.Second, "usual timeout": false,
		"kernels": ">=4.19", "since": "4.19", "intro": "Before *anything* else.",
		"steps": 2, "step": "drop-one-port-not-all", "step title": "Drop one port, not all!", "line": 21, "comment": 39,
		"prose": "First.\n\n```sh\n# a remark\nls \\\n  /\n\necho done\n```\n\n```c\nint x;\n```\n\nLast.\n\n" +
			"<details><summary>More</summary>\n\nFor experts.\n\n</details>",
		"hints": []string{"A hint.\n\n```sh\nnot run\n```"}, "solution": "All in one block.", "run": []string{"ls \\\n  /", "echo done"},
		"send": Send{From: "client", UDP: 7000, Count: 10, Size: 32}, "where": Where{"key": int64(7000)}, "min": 1,
		"when": "6.10", "check lines": []int{53, 56, 60},
		"text only": []string(nil),
	}
	for key, w := range want {
		if !reflect.DeepEqual(got[key], w) {
			t.Errorf("%s is %#v, want %#v", key, got[key], w)
		}
	}
}

func TestDefaults(t *testing.T) {
	l, err := ParseBytes("labs/x/lab.md", []byte(inStep("checks:\n  - exit: 0")))
	if err != nil {
		t.Fatal(err)
	}
	if l.Memory != 256*MiB || l.CPUs != 1 || l.Timeout != time.Minute || !l.UsualTimeout || l.Steps[0].Repeat != 1 {
		t.Errorf("memory %v, cpus %d, timeout %v (usual: %t), repeat %d", l.Memory, l.CPUs, l.Timeout, l.UsualTimeout, l.Steps[0].Repeat)
	}
}

// The same document with the line ends and mark of another system is the same
// lab, with its mistakes in the same places.
func TestLineEnds(t *testing.T) {
	plain, err := ParseBytes("labs/x/lab.md", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := ParseBytes("labs/x/lab.md", []byte("\uFEFF"+strings.ReplaceAll(whole, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	foreign.SHA256 = plain.SHA256
	if !reflect.DeepEqual(plain, foreign) {
		t.Errorf("got\n%+v\nwant\n%+v", foreign, plain)
	}
}

func TestLimits(t *testing.T) {
	tests := map[string]struct{ doc, want string }{
		"document": {strings.Repeat("x", document.MaxSize+1), "at most 1048576 are read"},
		"line":     {inStep("# " + strings.Repeat("x", document.MaxLine)), "labs/x/lab.md:17:1: the line has more than 4096 bytes"},
		"fragment": {inStep(strings.Repeat("# x\n", (16<<10)/4)), "the step's comment is too large"},
		"brackets": {inStep("load: " + strings.Repeat("[", 257)), "the step's comment is too large"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := ParseBytes("labs/x/lab.md", []byte(tt.doc))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFolderName(t *testing.T) {
	for _, file := range []string{"lab.md", "labs/My_Lab/lab.md", "labs/é/lab.md"} {
		if _, err := ParseBytes(file, []byte(inStep("checks:\n  - exit: 0"))); err == nil {
			t.Errorf("%s was accepted", file)
		}
	}
}

// tree returns a file system with one lab that names two C files.
func tree() fstest.MapFS {
	return fstest.MapFS{
		"labs/x/lab.md":        {Data: []byte(whole)},
		"bpf/x.bpf.c":          {Data: []byte("int a;")},
		"bpf/starter/x.bpf.c":  {Data: []byte("int b;")},
		"labs/notes/README.md": {Data: []byte("no lab")},
	}
}

func TestParse(t *testing.T) {
	l, err := Parse(tree(), "labs/x/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"bpf/x.bpf.c", "bpf/starter/x.bpf.c"}; !slices.Equal(l.Files(), want) {
		t.Errorf("files %q, want %q", l.Files(), want)
	}
	if s := l.Step("drop-one-port-not-all"); s == nil || l.Path(s.Source(l)) != "bpf/x.bpf.c" {
		t.Errorf("the step loads %v", s)
	}
	if l.Step("nope") != nil {
		t.Error("there is a step that is not there")
	}
}

func TestDigestCoversEveryFile(t *testing.T) {
	before, err := Parse(tree(), "labs/x/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"labs/x/lab.md", "bpf/x.bpf.c", "bpf/starter/x.bpf.c"} {
		changed := tree()
		changed[file].Data = append(bytes.Clone(changed[file].Data), '\n')
		after, err := Parse(changed, "labs/x/lab.md")
		if err != nil {
			t.Fatal(err)
		}
		if after.SHA256 == before.SHA256 {
			t.Errorf("%s is not in the digest", file)
		}
	}
}

func TestParseFiles(t *testing.T) {
	tests := map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"no starter": {func(m fstest.MapFS) { delete(m, "bpf/starter/x.bpf.c") },
			"labs/x/lab.md:5:10: starter ../../bpf/starter/x.bpf.c: there is no file bpf/starter/x.bpf.c; paths are relative to the document"},
		"program is a folder": {func(m fstest.MapFS) { m["bpf/x.bpf.c"] = &fstest.MapFile{Mode: fs.ModeDir} }, "labs/x/lab.md:4:10: program ../../bpf/x.bpf.c: "},
		"program too large":   {func(m fstest.MapFS) { m["bpf/x.bpf.c"].Data = make([]byte, document.MaxSize+1) }, "bpf/x.bpf.c is larger than 1048576 bytes"},
		"no document":         {func(m fstest.MapFS) { delete(m, "labs/x/lab.md") }, "lab document: open labs/x/lab.md: file does not exist"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fsys := tree()
			tt.change(fsys)
			_, err := Parse(fsys, "labs/x/lab.md")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestErrorIsTyped(t *testing.T) {
	_, err := ParseBytes("labs/x/lab.md", []byte(inStep("repeat: 0")))
	var e *Error
	if !errors.As(err, &e) || e.File != "labs/x/lab.md" || e.Line != 17 || e.Column != 9 {
		t.Errorf("got %#v", e)
	}
}

// root is the repository.
var root = os.DirFS("../..")

func TestTheCourse(t *testing.T) {
	labs, err := All(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(labs) == 0 {
		t.Fatal("the course has no lab")
	}
}
