package lxd

import (
	"context"
	"errors"
	"fmt"
	"time"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"
)

// within does something that cannot be cancelled, and waits for it until ctx ends:
// requests of LXD's client do not end with a context, and a server may never answer.
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

// perform starts an operation of the server and waits for its end.
func (s *server) perform(ctx context.Context, ask func() (lxd.Operation, error)) error {
	var op lxd.Operation
	err := within(ctx, func() (err error) {
		op, err = ask()
		return err
	})
	if err != nil {
		return err
	}
	return s.await(ctx, op)
}

// askEvery is how often to poll the server for an operation that it has not reported.
const askEvery = 5 * time.Second

// await waits for an operation's end. LXD reports the end, except when the operation's
// cluster member is gone; so await polls it, too.
func (s *server) await(ctx context.Context, op lxd.Operation) error {
	id := op.Get().ID
	done := make(chan error, 1)
	go func() { done <- op.Wait() }()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		got, err := s.operation(ctx, id)
		switch {
		case isReady(done):
		case err != nil:
			return fmt.Errorf("what became of an operation cannot be known: %w", err)
		case got.Err != "":
			return errors.New(got.Err)
		case got.StatusCode.IsFinal():
			return nil
		}
	}
}

func isReady(done chan error) bool { return len(done) > 0 }

// operation asks the server for an operation.
func (s *server) operation(ctx context.Context, id string) (op *api.Operation, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerLimit, errNoAnswer)
	defer cancel()
	got := make(chan *api.Operation, 1)
	err = within(ctx, func() error {
		op, _, err := s.GetOperation(id)
		got <- op
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-got, nil
}
