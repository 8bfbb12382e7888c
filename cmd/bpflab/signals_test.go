package main

import (
	"context"
	"testing"
)

// A signal that came before the verb took signals over is not lost.
func TestSignalBeforeTheWatch(t *testing.T) {
	for _, early := range []bool{false, true} {
		before, interrupt := context.WithCancel(t.Context())
		if early {
			interrupt()
		}
		ctx, cancel := context.WithCancel(context.WithoutCancel(before))
		_, stop := watchSignals(before, cancel)
		if ended := ctx.Err() != nil; ended != early {
			t.Errorf("a signal came earlier: %t; the context has ended: %t", early, ended)
		}
		stop()
		cancel()
		interrupt()
	}
}
