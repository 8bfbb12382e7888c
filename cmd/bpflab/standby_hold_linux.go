package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/standby"
)

// holdMachines runs a standby in this process, in a directory below dir: it holds another
// machine of each kind that the provider has started, so that the next one begins at once.
// BPFLAB_STANDBY decides where it is set. release ends the standby.
func holdMachines(p *providerFlags, dir string) (release func()) {
	if p.own || p.name != "qemu" || os.Getenv(standbyVariable) != "" {
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
