package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// ground is what a command that asks kernels stands on.
type ground struct {
	provider vms.Provider
	images   []kernel.Image
	dir      string // for the results
	pool     *scheduler.Pool
}

// ground opens the provider, fetches the kernels and makes the result directory. harm
// says what the command does to a kernel that others use too, which needs consent; ""
// is nothing.
func (f *runFlags) ground(ctx context.Context, cmd *cobra.Command, harm string) (g ground, err error) {
	if g.provider, err = f.provider.open(); err != nil {
		return g, err
	}
	caps, err := g.provider.Caps(ctx)
	if err != nil {
		return g, err
	}
	if caps.Shared && harm != "" && !f.provider.consent {
		return g, usageError{fmt.Errorf("the kernel of %s is used by others too, and %s: that needs --yes-on-this-kernel", g.provider.Name(), harm)}
	}
	if g.images, err = f.distinct(ctx, cmd, g.provider); err != nil {
		return g, err
	}
	if g.dir, err = resultDir(f.dir); err != nil {
		return g, err
	}
	g.pool, err = f.pool(g.provider, caps, g.dir)
	return g, err
}

// pool returns what starts the machines of a provider.
func (f *runFlags) pool(p vms.Provider, caps vms.Caps, dir string) (*scheduler.Pool, error) {
	agent, err := agentPath()
	if err != nil {
		return nil, err
	}
	return scheduler.New(scheduler.Options{Provider: p, Caps: caps, Agent: agent, Dir: dir, Jobs: f.jobs, Retries: f.retries, Cold: f.cold, AllowSplats: f.allowSplat.AllowSplats}), nil
}
