package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// herd is how many forks are alive at the same time.
const herd = 32

// alive measures many forks at once of each kernel.
func (b *bench) alive(ctx context.Context) ([]part, error) {
	t := table.Table{Head: []string{"kernel", "memory, mean", "memory, max", "all answered after", "holds"}}
	for _, image := range b.kernels {
		if _, err := b.answer(ctx, image, false); err != nil { // makes the template
			return nil, err
		}
		row, err := b.crowdRow(ctx, image)
		if err != nil {
			return nil, err
		}
		t.Add(row...)
	}
	return []part{{
		title:  fmt.Sprintf("%d forks alive at once", herd),
		about:  "All are started together. Once each has answered, the proportional memory (`Pss`) of each QEMU is read: the pages it shares count in parts. One round.",
		claim:  "at most 40 MB each.",
		tables: []table.Table{t},
	}}, nil
}

// crowdRow starts the herd, looks at it and ends it.
func (b *bench) crowdRow(ctx context.Context, image kernel.Image) ([]string, error) {
	b.say("%d forks of %s", herd, image.Series)
	machines := make([]vms.Machine, herd)
	defer closeAll(machines)
	began := time.Now()
	var group errgroup.Group
	for i := range machines {
		group.Go(func() error { return b.join(ctx, image, &machines[i]) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	answered := time.Since(began)
	memory := machineMemory{}
	memory.look(os.Getpid())
	if len(memory) != herd {
		return nil, fmt.Errorf("%s: the memory of %d machines can be read, but %d run", image.Series, len(memory), herd)
	}
	return []string{image.Series, megabytes(memory.mean()), megabytes(memory.max()), seconds(answered), table.Holds(memory.max() <= 40e6)}, nil
}

// join starts a machine of the herd and waits until it has answered.
func (b *bench) join(ctx context.Context, image kernel.Image, into *vms.Machine) error {
	m, err := b.start(ctx, image, false)
	if err != nil {
		return err
	}
	*into = m
	s, err := session.Open(ctx, m)
	if err != nil {
		return fmt.Errorf("%s: %w", image.Series, err)
	}
	s.Close()
	return nil
}

func closeAll(machines []vms.Machine) {
	for _, m := range machines {
		if m != nil {
			m.Close()
		}
	}
}
