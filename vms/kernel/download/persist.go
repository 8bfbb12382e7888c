package download

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// finalError is an error that another try cannot mend.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

func final(err error) error { return finalError{err} }

// persist tries until it works, the error is final, ctx ends, or Tries tries
// in a row brought nothing.
func (c Client) persist(ctx context.Context, try func(context.Context) (progress bool, err error)) error {
	tries := cmp.Or(c.Tries, 4)
	pause := cmp.Or(c.Pause, 500*time.Millisecond)
	for n := 1; ; n++ {
		progress, err := try(ctx)
		if progress {
			n, pause = 1, cmp.Or(c.Pause, 500*time.Millisecond)
		}
		if err != nil && ctx.Err() != nil { // whatever it looked like to net/http
			return ctx.Err()
		}
		if err == nil || n >= tries || isFinal(err) {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause *= 2
	}
}

func isFinal(err error) bool {
	var f finalError
	return errors.As(err, &f) || unreachable(err)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
