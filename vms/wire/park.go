package wire

import (
	"context"
	"errors"
)

// ErrParked is what ends a Server's Serve, and a Client's reading, when the host has parked
// the guest: it takes no calls until it is resumed once more.
var ErrParked = errors.New("the guest is parked")

// Park makes a guest that has no calls to do wait to be resumed again. The client is of no
// more use then, and has read all that the guest sent, so that another one can go on with
// the stream.
func (c *Client) Park(ctx context.Context) error {
	if err := c.send(Frame{Kind: KindPark}); err != nil {
		return err
	}
	select {
	case <-c.done:
		if err := c.Err(); !errors.Is(err, ErrParked) {
			return err
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
