// Command pack compresses the guest agent's program for harness/agent: pack PROGRAM FILE.
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/bpflab/bpflab/harness/agent"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack PROGRAM FILE")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(program, file string) error {
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	if err := agent.Pack(&packed, text); err != nil {
		return err
	}
	return os.WriteFile(file, packed.Bytes(), 0o644)
}
