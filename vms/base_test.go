package vms

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
)

// guest returns a machine without a guest, which ends as soon as it is killed.
func guest(left error) (b *Base, kills *int) {
	kills = new(int)
	b = NewBase(Info{}, func() { *kills++; b.Ended(errors.New("killed")); b.Gone(left) })
	return b, kills
}

func TestCloseOfAMachineKillsItOnce(t *testing.T) {
	left := errors.New("instance is left")
	b, kills := guest(left)
	if b.IsClosing() || b.Err() != nil {
		t.Fatalf("a machine that runs: closing %t, error %v", b.IsClosing(), b.Err())
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := b.Close(); err != left {
				t.Errorf("Close gives %v, want what is left", err)
			}
		})
	}
	all.Wait()
	if *kills != 1 || b.Err() != nil || !b.IsClosing() {
		t.Errorf("%d kills, error %v, closing %t: want one kill, and no error of a machine that was closed", *kills, b.Err(), b.IsClosing())
	}
}

func TestMachineThatDiesHasAReason(t *testing.T) {
	b, _ := guest(nil)
	b.Ended(&Crash{Reason: ErrPanic})
	if err := b.Err(); err != nil {
		t.Errorf("error %v before the machine is gone", err)
	}
	go b.Gone(nil)
	<-b.Done()
	if err := b.Err(); !errors.Is(err, ErrPanic) {
		t.Errorf("error %v, want %v", err, ErrPanic)
	}
}

func TestMachineEndsWithItsContext(t *testing.T) {
	b, _ := guest(nil)
	ctx, cancel := context.WithCancel(t.Context())
	b.CloseWith(ctx)
	cancel()
	<-b.Done()
	if !b.IsClosing() {
		t.Error("it was not closed")
	}
}

// plain is a machine with no ability besides those that all have.
type plain struct{ *Base }

func (plain) Stream() io.ReadWriteCloser { return nil }

func TestAbilitiesOfAMachineWithoutAny(t *testing.T) {
	b, _ := guest(nil)
	if Port(plain{b}) != nil || Memory(plain{b}) != 0 {
		t.Error("a machine without abilities has a port or holds memory")
	}
	Reject(plain{b})
}
