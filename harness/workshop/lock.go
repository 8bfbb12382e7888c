package workshop

import (
	"context"
	"errors"
	"sync"
)

// errOvertaken is a check that gave way to a newer one.
var errSuperseded = errors.New("a newer check took its place")

// turn lets one at a time do something, and the newest soon: it cancels the one before.
type lock struct {
	held chan struct{}
	mu   *sync.Mutex
	stop *context.CancelCauseFunc
}

func newLock() lock {
	return lock{held: make(chan struct{}, 1), mu: &sync.Mutex{}, stop: new(context.CancelCauseFunc)}
}

// take cancels whoever is at work, waits for its end, and returns a context that ends
// when the next one takes the turn. done gives the turn back.
func (t lock) preempt(ctx context.Context) (_ context.Context, done func(), err error) {
	t.cancel()
	return t.acquire(ctx)
}

// wait is take without cancelling anybody.
func (t lock) acquire(ctx context.Context) (_ context.Context, done func(), err error) {
	select {
	case t.held <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	ctx, stop := context.WithCancelCause(ctx)
	t.mu.Lock()
	*t.stop = stop
	t.mu.Unlock()
	return ctx, func() { stop(nil); <-t.held }, nil
}

// cancel ends what is being done.
func (t lock) cancel() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if *t.stop != nil {
		(*t.stop)(errSuperseded)
	}
}
