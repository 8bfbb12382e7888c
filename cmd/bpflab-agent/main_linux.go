// Command bpflab-agent is the guest agent: PID 1 of the machines that bpflab boots, and in
// others a program that answers bpflab on standard input and output.
//
//	bpflab-agent agent [--private]
package main

import (
	"fmt"
	"os"

	"github.com/bpflab/bpflab/harness/guest"
)

func main() {
	if !guest.Main(os.Args) {
		fmt.Fprintln(os.Stderr, "usage: bpflab-agent agent [--private], which bpflab runs in its machines")
		os.Exit(2)
	}
}
