package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/standby"
)

// holdMachines runs a standby in this process, in a directory below dir: it holds another
// machine of each kind that the workshop has used, so that a new one, and a comparison with
// another kernel, begin at once. A class has none, because its machines take the memory, and
// BPFLAB_STANDBY decides where it is set. release ends the standby.
func (f *workshopFlags) holdMachines(dir string) (release func()) {
	p := &f.machines.provider
	if f.class != "" || p.own || p.name != "qemu" || os.Getenv(standbyVariable) != "" {
		return func() {}
	}
	flags := standbyFlags{machineFlags: machineFlags{provider: *p}}
	k, err := flags.parking()
	if err != nil {
		return func() {}
	}
	server, err := standby.Open(flags.options(&standby.Client{Dir: filepath.Join(dir, "standby"), Build: buildID()}, k), nil)
	if err != nil {
		return func() {}
	}
	p.standby = server.Dir
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		server.Serve(ctx)
		close(ended)
	}()
	return func() {
		cancel()
		<-ended
	}
}
