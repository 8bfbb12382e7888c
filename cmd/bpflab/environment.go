package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// environment is what a verb that asks kernels works with.
type environment struct {
	provider vms.Provider
	images   []kernel.Image
	dir      string // for the results
	pool     *scheduler.Pool
}

// environment opens the provider, fetches the kernels and makes the result directory.
// harm says what the verb does to a kernel that others use too, which needs consent; ""
// is nothing.
func (f *machineFlags) environment(ctx context.Context, std streams, harm string) (e environment, err error) {
	if e.provider, err = f.provider.open(); err != nil {
		return e, err
	}
	caps, err := e.provider.Caps(ctx)
	if err != nil {
		return e, err
	}
	if caps.Shared && harm != "" && !f.provider.consent {
		return e, usageError{fmt.Errorf("the kernel of %s is used by others too, and %s: that needs --yes-on-this-kernel", e.provider.Name(), harm)}
	}
	images, err := f.images(ctx, std, e.provider)
	if err != nil {
		return e, err
	}
	e.images = distinct(images)
	if e.dir, err = resultDir(f.dir); err != nil {
		return e, err
	}
	e.pool, err = f.pool(std, e.provider, caps, e.dir)
	return e, err
}

// pool returns what starts the machines of a provider.
func (f *machineFlags) pool(std streams, p vms.Provider, caps vms.Caps, dir string) (*scheduler.Pool, error) {
	agent, err := agentPath()
	if err != nil {
		return nil, err
	}
	std.say("%s runs the machines, %s at one time; their consoles are in %s", p.Name(), atOnce(f.jobs, caps.Jobs), dir)
	return scheduler.New(scheduler.Options{Provider: p, Caps: caps, Agent: agent, Foreign: f.foreign(std.downloads()), Dir: dir, Jobs: f.jobs, Retries: f.retries, Cold: f.cold, AllowSplats: f.allowSplat.AllowSplats}), nil
}

// atOnce returns in words how many machines there are at one time.
func atOnce(asked, own int) string {
	if n := cmp.Or(asked, own); n > 0 {
		return fmt.Sprint(n)
	}
	return "one a core"
}

// sayKernels says which kernels were chosen.
func (s streams) sayKernels(images []kernel.Image) {
	for _, k := range images {
		about := fmt.Sprintf("%s is %s of %s %s, package %s %s", k.Selector, cmp.Or(k.Release, "a kernel"), k.Source, cmp.Or(k.Suite, k.Track), k.Package, k.PkgVer)
		s.say("%s, SHA-256 %s", strings.ReplaceAll(strings.Join(strings.Fields(about), " "), " ,", ","), k.SHA256) // an import has neither suite nor version
	}
}
