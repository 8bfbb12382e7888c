package lxd

import (
	"context"

	lxd "github.com/canonical/lxd/client"
)

// within does something that cannot be cancelled, and waits for it no longer
// than ctx lasts: requests of LXD's client do not end with a context, and a
// server may leave one without an answer.
func within(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// perform has the server do something and waits for its end.
func perform(ctx context.Context, ask func() (lxd.Operation, error)) error {
	return within(ctx, func() error {
		op, err := ask()
		if err != nil {
			return err
		}
		return op.Wait()
	})
}
