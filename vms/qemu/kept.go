//go:build linux

package qemu

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// kept are the zygotes of all providers of this process.
var kept struct {
	sync.Mutex
	zygotes []*zygotes
}

func keepZygotes(z *zygotes) {
	kept.Lock()
	defer kept.Unlock()
	kept.zygotes = append(kept.zygotes, z)
}

var errEnded = errors.New("nothing is kept any more")

// endLimit is how long End waits. A process that is killed needs some milliseconds.
const endLimit = 2 * time.Second

// End ends what this process keeps for machines to come, and returns when that is gone, or after
// two seconds. It would die with this process; but then process 1 has to reap it, which in many
// containers does not reap what it did not start.
func End() {
	done := make(chan struct{})
	go func() {
		endAll()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(endLimit):
	}
}

func endAll() {
	kept.Lock()
	zygotes := slices.Clone(kept.zygotes)
	kept.Unlock()
	for _, z := range zygotes {
		z.end()
	}
	for _, s := range allStarters() {
		s.giveUp(errEnded)
	}
}
