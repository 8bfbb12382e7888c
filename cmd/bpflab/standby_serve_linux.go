package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/lease"
	"github.com/bpflab/bpflab/vms/qemu"
	"github.com/bpflab/bpflab/vms/standby"
)

// parking makes machines for a standby.
type parking struct {
	provider *qemu.Provider
	dir      string                   // for consoles of templates, while they are made
	keepers  map[string]kernel.Keeper // of the kernels that templates may be made of, by kernelKey
}

func kernelKey(k kernel.Image) string { return k.SHA256 + " " + string(k.Variant) }

// make makes a machine that waits.
func (k parking) make(ctx context.Context, text json.RawMessage) (standby.Machine, string, error) {
	var want vms.Spec
	if err := json.Unmarshal(text, &want); err != nil {
		return nil, "", err
	}
	want.Kernel.Keeper = k.keepers[kernelKey(want.Kernel)]
	want.Dir = k.dir
	m, err := k.provider.Park(ctx, want, session.Warm)
	if err != nil {
		return nil, "", err
	}
	return m, m.Key(), nil
}

// options returns those of a server.
func (f *standbyFlags) options(client *standby.Client, k parking) standby.Options {
	o := standby.Options{Dir: client.Dir, Build: client.Build, Make: k.make, Memory: standbyMemory, Short: scheduler.HostIsShort()}
	if f.memory.Size > 0 {
		o.Memory = int64(f.memory.Size)
	}
	return o
}

// parking returns what makes the machines.
func (f *standbyFlags) parking() (parking, error) {
	cache, err := store.DefaultRoot()
	return parking{provider: qemu.New(qemu.Options{Cache: qemuCache(cache), Accel: f.provider.accel}), keepers: map[string]kernel.Keeper{}}, err
}

// serve holds machines for kernels until ctx ends.
func (f *standbyFlags) serve(ctx context.Context, std streams, client *standby.Client) error {
	k, err := f.parking()
	if err != nil {
		return err
	}
	images, err := f.images(ctx, std, k.provider)
	if err != nil {
		return err
	}
	agent, err := agentPath()
	if err != nil {
		return err
	}
	dir, remove, err := lease.MkdirTemp("", lease.Prefix+"standby-")
	if err != nil {
		return err
	}
	defer remove()
	k.dir = dir
	o := f.options(client, k)
	o.Log = func(text string) { fmt.Fprintln(std.err, "bpflab:", text) }
	foreign := f.foreign(std.downloads())
	var first []standby.Wanted
	for _, image := range images {
		k.keepers[kernelKey(image)] = image.Keeper
		spec := vms.Spec{Kernel: image, Agent: agent}
		if !image.Arch.Is(kernel.HostArch()) {
			if spec.Agent, spec.Busybox, err = foreign(ctx, image.Arch); err != nil {
				return err
			}
		}
		w, err := k.provider.Wanted(ctx, spec.Sized())
		if err != nil {
			return err
		}
		first = append(first, w)
	}
	server, err := standby.Open(o, nil)
	if err != nil {
		return err
	}
	for _, w := range first {
		server.First(w, strings.NewReader(""))
	}
	server.Serve(ctx)
	return nil
}

// lockFile is the file descriptor of the lock that a verb gives to the standby it starts.
const lockFile = 3

// serveInBackground holds machines like those that verbs use, until they use none. The verb
// that has started this process writes what it would have taken to its standard input.
func (f *standbyFlags) serveInBackground(ctx context.Context, client *standby.Client) error {
	k, err := f.parking()
	if err != nil {
		return err
	}
	o := f.options(client, k)
	o.Idle = standbyIdle
	server, err := standby.Open(o, os.NewFile(lockFile, "lock"))
	if err != nil {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	var first standby.Wanted
	if line, err := in.ReadBytes('\n'); err == nil && json.Unmarshal(line, &first) == nil {
		server.First(first, in)
	}
	server.Serve(ctx)
	return nil
}
