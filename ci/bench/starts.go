package main

import (
	"context"
	"os"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

// forksPerRound is how many forks follow a new template. The first of them runs
// while the system still writes the template to the disk.
const forksPerRound = 5

// startTimes are the ways to start one kernel.
type startTimes struct {
	bare  []time.Duration // boot of a bare init, to its first byte
	said  []time.Duration // boot, to the agent's first byte
	awake []time.Duration // the same boot, to the agent's answer
	made  []time.Duration // template made and forked, to the answer
	fork  []time.Duration // forked from it, to the answer
}

// starts measures all kernels.
func (b *bench) starts(ctx context.Context) ([]part, error) {
	script, err := b.writeBareInit()
	if err != nil {
		return nil, err
	}
	var all []startTimes
	for _, image := range b.kernels {
		times, err := b.startsOf(ctx, image, script)
		if err != nil {
			return nil, err
		}
		all = append(all, times)
	}
	return []part{bootPart(b.kernels, all), forkPart(b.kernels, all), templatePart(b.kernels, all)}, nil
}

// startsOf measures a kernel, each way once a round. Before that both ways to
// boot are gone once, which writes their archives and warms the page cache.
func (b *bench) startsOf(ctx context.Context, image kernel.Image, script string) (startTimes, error) {
	b.say("starts of %s: first boots", image.Series)
	if _, err := b.bare(ctx, image, script); err != nil {
		return startTimes{}, err
	}
	if _, err := b.answer(ctx, image, true); err != nil {
		return startTimes{}, err
	}
	var times startTimes
	for i := range b.rounds {
		b.say("starts of %s: round %d of %d", image.Series, i+1, b.rounds)
		if err := b.startRound(ctx, image, script, &times); err != nil {
			return times, err
		}
	}
	return times, nil
}

func (b *bench) startRound(ctx context.Context, image kernel.Image, script string, times *startTimes) error {
	bare, err := b.bare(ctx, image, script)
	if err != nil {
		return err
	}
	cold, err := b.answer(ctx, image, true)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(b.templates.Dir()); err != nil {
		return err
	}
	made, err := b.answer(ctx, image, false)
	if err != nil {
		return err
	}
	for range forksPerRound {
		fork, err := b.answer(ctx, image, false)
		if err != nil {
			return err
		}
		times.fork = append(times.fork, fork.awake)
	}
	times.bare = append(times.bare, bare)
	times.said, times.awake = append(times.said, cold.said), append(times.awake, cold.awake)
	times.made = append(times.made, made.awake)
	return nil
}
