package run

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// Limits bounds what runs at one time. Zero values are measured.
type Limits struct {
	Jobs   int   // machines
	Memory int64 // bytes that all machines' guests may use together
}

// gate lets machines start while there is room for them.
type gate struct {
	jobs, memory *semaphore.Weighted
	total        int64
}

// guestOverhead is what a machine costs the host besides its guest's memory.
const guestOverhead = 64 << 20

func newGate(l Limits) *gate {
	l = l.measured()
	return &gate{semaphore.NewWeighted(int64(l.Jobs)), semaphore.NewWeighted(l.Memory), l.Memory}
}

// enter waits for room and takes it; leave gives it back. A machine larger
// than all the room there is runs alone.
func (g *gate) enter(ctx context.Context, memory int64) (leave func(), err error) {
	if err := g.jobs.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	need := min(memory+guestOverhead, g.total)
	if err := g.memory.Acquire(ctx, need); err != nil {
		g.jobs.Release(1)
		return nil, err
	}
	return func() {
		g.memory.Release(need)
		g.jobs.Release(1)
	}, nil
}
