package workshop

import (
	"context"
	"errors"
	"testing"
)

// The newest takes the turn from the one at work, which learns why.
func TestLock(t *testing.T) {
	turn := newLock()
	first, done, err := turn.preempt(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)
	go func() {
		ctx, done, err := turn.preempt(context.Background())
		if err == nil {
			err = ctx.Err()
			done()
		}
		second <- err
	}()
	<-first.Done()
	if !errors.Is(context.Cause(first), errSuperseded) {
		t.Errorf("the first ended with %v", context.Cause(first))
	}
	done()
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
}

// Who waits in vain gives up with its context.
func TestLockGivesUp(t *testing.T) {
	turn := newLock()
	_, done, err := turn.preempt(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := turn.acquire(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
