package lxd

import (
	"context"

	lxd "github.com/canonical/lxd/client"
)

// await waits for an operation, no longer than ctx lasts. The client's own wait
// does not heed ctx where the server does the waiting.
func await(ctx context.Context, op lxd.Operation) error {
	done := make(chan error, 1)
	go func() { done <- op.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		op.Cancel() // where LXD can
		return context.Cause(ctx)
	}
}
