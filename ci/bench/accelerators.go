package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/qemu"
)

// accelTimes are starts of one kernel with one accelerator, to the agent's answer.
type accelTimes struct{ cold, fork []time.Duration }

// accelerators compares starts with KVM and without. Where KVM does not run guests, the
// part says why.
func (b *bench) accelerators(ctx context.Context) ([]part, error) {
	kvm, tcg := b.with(qemu.KVM), b.with(qemu.TCG)
	caps, err := kvm.provider.Caps(ctx)
	var unusable *vms.StartError
	if errors.As(err, &unusable) && ctx.Err() == nil {
		return []part{notMeasured(unusable)}, nil
	}
	if err != nil {
		return nil, err
	}
	b.say("KVM works: %s", caps.Detail)
	var with, without []accelTimes
	for _, image := range b.kernels {
		for _, side := range []struct {
			bench *bench
			times *[]accelTimes
		}{{kvm, &with}, {tcg, &without}} {
			times, err := side.bench.accelTimesOf(ctx, image)
			if err != nil {
				return nil, err
			}
			*side.times = append(*side.times, times)
		}
	}
	return []part{acceleratorPart(b.kernels, with, without)}, nil
}

// with returns a bench whose machines have the accelerator.
func (b *bench) with(accel string) *bench {
	own := filepath.Join(b.dir, "cache-"+accel)
	other := *b
	other.provider, other.templates = qemu.New(qemu.Options{Cache: own, Accel: accel}), qemu.Templates(own)
	return &other
}

// accelTimesOf measures a kernel; its first boot and the first fork are not counted.
func (b *bench) accelTimesOf(ctx context.Context, image kernel.Image) (accelTimes, error) {
	b.say("%s with KVM and without", image.Series)
	var times accelTimes
	for i := range b.rounds + 1 {
		cold, err := b.answer(ctx, image, true)
		if err != nil {
			return times, err
		}
		fork, err := b.answer(ctx, image, false)
		if err != nil {
			return times, err
		}
		if i > 0 {
			times.cold, times.fork = append(times.cold, cold.awake), append(times.fork, fork.awake)
		}
	}
	return times, nil
}

const acceleratorTitle = "KVM"

func notMeasured(why *vms.StartError) part {
	return part{title: acceleratorTitle, about: fmt.Sprintf("Not measured on this host: %v.", why.Err)}
}

func acceleratorPart(kernels []kernel.Image, kvm, tcg []accelTimes) part {
	t := table.Table{Head: []string{"kernel", "cold boot, KVM", "TCG", "ratio", "fork, KVM", "TCG", "ratio", "holds"}}
	for i := range kernels {
		cold, coldTCG := median(kvm[i].cold), median(tcg[i].cold)
		fork, forkTCG := median(kvm[i].fork), median(tcg[i].fork)
		t.Add(kernels[i].Series, seconds(cold), seconds(coldTCG), ratio([2]time.Duration{coldTCG, cold}), seconds(fork), seconds(forkTCG), ratio([2]time.Duration{forkTCG, fork}),
			table.Holds(cold <= coldTCG && fork <= forkTCG))
	}
	return part{
		title:  acceleratorTitle,
		about:  "From the call that starts a machine to its agent's answer, with KVM and emulated (TCG) on the same host.",
		claim:  "cold boot and fork take at most as long with KVM as without.",
		tables: []table.Table{t},
	}
}
