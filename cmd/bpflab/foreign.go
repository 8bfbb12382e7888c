package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/bpflab/bpflab/harness/agent"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// foreign returns what finds agent and busybox for machines of other architectures: of each once,
// when the first of its machines is to start.
func (f *machineFlags) foreign(shown kernel.Progress) scheduler.Foreign {
	var mu sync.Mutex
	found := map[kernel.Arch]foreignPrograms{}
	return func(ctx context.Context, arch kernel.Arch) (string, string, error) {
		mu.Lock()
		defer mu.Unlock()
		p, known := found[arch]
		if !known {
			p = f.findForeign(ctx, shown, arch)
			if ctx.Err() == nil {
				found[arch] = p
			}
		}
		return p.agent, p.busybox, p.err
	}
}

// foreignPrograms are the paths of programs for an architecture, or why there are none.
type foreignPrograms struct {
	agent, busybox string
	err            error
}

func (f *machineFlags) findForeign(ctx context.Context, shown kernel.Progress, arch kernel.Arch) (p foreignPrograms) {
	if p.agent, p.err = foreignAgent(arch); p.err != nil {
		return p
	}
	cat, err := openCatalogue(shown, f.origin, f.locked)
	if err != nil {
		p.err = err
		return p
	}
	p.busybox, p.err = cat.Busybox(ctx, arch)
	return p
}

// foreignAgent returns the agent of another architecture: that of the environment, else the one
// that `make build` packs into bpflab.
func foreignAgent(arch kernel.Arch) (string, error) {
	variable := agentVariable + "_" + strings.ToUpper(string(arch.OrDefault()))
	if path := os.Getenv(variable); path != "" {
		return path, nil
	}
	root, err := store.DefaultRoot()
	if err != nil {
		return "", err
	}
	path, err := agent.Path(agentCache(root), arch)
	if errors.Is(err, agent.ErrNotPacked) {
		return "", fmt.Errorf("this bpflab was built without the guest agent of %s machines: build it with `make build`, or name one with %s", arch.OrDefault(), variable)
	}
	return path, err
}
