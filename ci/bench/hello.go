package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms/kernel"
)

// usual is how many kernels a matrix has at most: the default ones come first.
const usual = 4

func (b *bench) usualKernels() []kernel.Image { return b.kernels[:min(usual, len(b.kernels))] }

// helloTimes are runs of the first lab on all usual kernels.
type helloTimes struct {
	cold, warm []time.Duration
	peak       int64 // the most resident memory of the bpflab process itself, in bytes
}

// hello measures `bpflab run hello` by turns cold and warm, after a run that
// makes what is missing in the cache.
func (b *bench) hello(ctx context.Context) ([]part, error) {
	var times helloTimes
	for i := range b.rounds + 1 {
		if i == 0 {
			b.say("hello: filling the cache")
		} else {
			b.say("hello: round %d of %d", i, b.rounds)
		}
		if err := b.helloRound(ctx, i > 0, &times); err != nil {
			return nil, err
		}
	}
	return []part{helloPart(len(b.usualKernels()), times)}, nil
}

func (b *bench) helloRound(ctx context.Context, counts bool, times *helloTimes) error {
	watch := func(pid int) { times.peak = max(times.peak, highWater(pid)) }
	warm, err := b.bpflab(ctx, watch, b.runArgs("hello", b.usualKernels(), 1)...)
	if err != nil || !counts {
		return err
	}
	cold, err := b.bpflab(ctx, watch, append(b.runArgs("hello", b.usualKernels(), 1), "--cold")...)
	if err != nil {
		return err
	}
	times.cold, times.warm = append(times.cold, cold.wall), append(times.warm, warm.wall)
	return nil
}

// runArgs returns bpflab's arguments for a lab on kernels.
func (b *bench) runArgs(lab string, kernels []kernel.Image, repeat int) []string {
	return []string{"run", lab, "--kernel", strings.Join(selectors(kernels), ","), "--repeat", fmt.Sprint(repeat)}
}

// selectors returns what names each kernel on the command line.
func selectors(kernels []kernel.Image) []string {
	var names []string
	for _, image := range kernels {
		names = append(names, selector(image))
	}
	return names
}

func helloPart(kernels int, times helloTimes) part {
	cold, warm := median(times.cold), median(times.warm)
	t := table.Table{Head: []string{"kernels", "start", "wall time", "claim", "holds"}}
	t.Add(fmt.Sprint(kernels), "cold", seconds(cold), "under 20 s", table.Holds(cold < 20*time.Second))
	t.Add(fmt.Sprint(kernels), "warm", seconds(warm), "at most 3 s", table.Holds(warm <= 3*time.Second))
	return part{
		title:  "The first lab",
		about:  "`bpflab run hello` from start to exit; the kernels, the object and the templates are in the cache, and `--cold` uses no template.",
		tables: []table.Table{t},
		after: fmt.Sprintf("The host's process took %s at most; the claim is under 150 MB, which holds: %s. A guest has 256 MiB.",
			megabytes(times.peak), table.Holds(times.peak < 150e6)),
	}
}
