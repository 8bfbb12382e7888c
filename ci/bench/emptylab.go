package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// emptyLab is a lab document that only runs a command: all that a cell of it
// costs is the price of having a cell.
const emptyLab = `---
title: One command
summary: Runs a command and looks at its exit status.
---

# One command

## Run it

` + "```sh\n%s\n```" + `

<!-- bpflab
checks:
  - exit: 0
-->
`

// writeEmptyLab makes the document for a command; its path is what bpflab runs.
func (b *bench) writeEmptyLab(name, command string) (string, error) {
	dir := filepath.Join(b.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "lab.md")
	return file, os.WriteFile(file, fmt.Appendf(nil, emptyLab, command), 0o644)
}
