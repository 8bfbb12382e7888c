package workshop

import (
	"context"
	"errors"
	"testing"
)

// TestLock has a newer caller preempt the holder, which learns the reason.
func TestLock(t *testing.T) {
	l := newLock()
	first, done, err := l.preempt(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)
	go func() {
		ctx, done, err := l.preempt(context.Background())
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

// TestLockGivesUp has a waiting caller give up when its context ends.
func TestLockGivesUp(t *testing.T) {
	l := newLock()
	_, done, err := l.preempt(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := l.acquire(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
