package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// watched returns the body of a response. When it brings less than Rate over a Window,
// the transfer's context is stopped with ErrSlow, or ErrStalled where nothing came.
func (c Client) watched(ctx context.Context, stop context.CancelCauseFunc, body io.Reader) io.Reader {
	counted := &counter{from: body}
	window, least := c.window(), c.least()
	go func() {
		tick := time.NewTicker(window)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			switch n := counted.bytes.Swap(0); {
			case n == 0:
				stop(ErrStalled)
			case n < least:
				stop(fmt.Errorf("%w: %d bytes in %v", ErrSlow, n, window))
			}
		}
	}()
	return counted
}

func (c Client) window() time.Duration { return cmp.Or(c.Window, 10*time.Second) }

// least returns how many bytes must arrive in a Window.
func (c Client) least() int64 {
	return max(1, int64(c.window().Seconds()*float64(cmp.Or(c.Rate, 4<<10))))
}

// givenUp returns why a transfer's context was stopped by the watch, nil if it was not.
func givenUp(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, ErrStalled) || errors.Is(cause, ErrSlow) {
		return cause
	}
	return nil
}

// counter counts what is read from a reader.
type counter struct {
	from  io.Reader
	bytes atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}
