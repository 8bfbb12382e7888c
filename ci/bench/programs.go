package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// absentLab is a document whose step fails: nothing calls what its program waits for.
const absentLab = `---
title: No line
summary: Waits for a line that nobody prints.
program: hello.bpf.c
starter: hello.bpf.c
---

# No line

## Wait

` + "```sh\ntrue\n```" + `

<!-- bpflab
load: [hello]
checks:
  - trace:
      comm: ls
      message: getdents64 called
      count: 1
-->
`

// writeAbsentLab makes the document, with the first lab's program beside it.
func (b *bench) writeAbsentLab() (string, error) {
	dir := filepath.Join(b.dir, "absent")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	code, err := os.ReadFile("bpf/hello.bpf.c")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "hello.bpf.c"), code, 0o644); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "lab.md")
	return file, os.WriteFile(file, []byte(absentLab), 0o644)
}

// verified is how many programs the object of compileMany has.
const verified = 400

// compileMany compiles an object of many small programs.
func (b *bench) compileMany(ctx context.Context) (string, error) {
	object := filepath.Join(b.dir, "many.bpf.o")
	if _, err := os.Stat(object); err == nil {
		return object, nil
	}
	var code strings.Builder
	code.WriteString("#define SEC(name) __attribute__((section(name), used))\nchar _license[] SEC(\"license\") = \"GPL\";\n")
	for i := range verified {
		fmt.Fprintf(&code, "SEC(\"socket\") int program_%d(void *context) { return %d; }\n", i, i)
	}
	file := filepath.Join(b.dir, "many.bpf.c")
	if err := os.WriteFile(file, []byte(code.String()), 0o644); err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, "clang", "-g", "-O2", "-target", "bpf", "-c", file, "-o", object).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("compile %s: %w: %s", file, err, out)
	}
	return object, nil
}
