package main

import (
	"os"

	"github.com/bpflab/bpflab/harness/guest"
)

// runAgent serves as guest agent, if that is what this process was started as.
func runAgent() bool { return guest.Main(os.Args) }
