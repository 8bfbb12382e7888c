package main

import (
	"os"

	"github.com/bpflab/bpflab/harness/guest"
)

// runAgent serves as guest agent if this process is PID 1 of a machine of
// bpflab's; it does not return then. Elsewhere (a container whose PID 1
// happens to be bpflab) there is no stream on the kernel's command line.
func runAgent() bool {
	if os.Getpid() != 1 || os.Args[0] != "/init" {
		return false
	}
	guest.Init()
	return true
}
