package workshop

import (
	"context"
	"errors"
	"sync"
)

// errSuperseded is the error of a check that a newer one cancelled.
var errSuperseded = errors.New("a newer check took its place")

// lock is a mutex whose newest caller may cancel the work of the holder.
type lock struct {
	held chan struct{}
	mu   *sync.Mutex
	stop *context.CancelCauseFunc
}

func newLock() lock {
	return lock{held: make(chan struct{}, 1), mu: &sync.Mutex{}, stop: new(context.CancelCauseFunc)}
}

// preempt cancels the holder, waits until it has released the lock, and acquires it.
// The context that it returns ends when somebody else preempts the lock; done releases
// it.
func (t lock) preempt(ctx context.Context) (_ context.Context, done func(), err error) {
	t.cancel()
	return t.acquire(ctx)
}

// acquire does the same without cancelling the holder.
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

// cancel cancels the holder's work.
func (t lock) cancel() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if *t.stop != nil {
		(*t.stop)(errSuperseded)
	}
}
