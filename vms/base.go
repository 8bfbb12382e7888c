package vms

import (
	"context"
	"sync"
)

// Base is the part of a Machine that is the same for all providers: what is
// known from its start, and how it ends. A provider's machine embeds one, and
// calls Ended and then Gone once, when its guest has ended for whatever reason.
type Base struct {
	About Info // complete when Start returns

	kill   func()
	once   sync.Once
	closed chan struct{} // closed by the first Close
	done   chan struct{} // closed by Gone
	err    error         // why the machine ended; set before done is closed
	left   error         // what Close returns; set before done is closed
}

// NewBase returns the base of a machine that the first Close ends by kill, which
// need not wait for the end.
func NewBase(about Info, kill func()) *Base {
	return &Base{About: about, kill: kill, closed: make(chan struct{}), done: make(chan struct{})}
}

// Info returns what is known of the machine since its start.
func (b *Base) Info() Info { return b.About }

// Done returns a channel that is closed when the machine is gone.
func (b *Base) Done() <-chan struct{} { return b.done }

// Err returns why the machine is gone, nil while it runs and if it was closed.
func (b *Base) Err() error {
	select {
	case <-b.done:
		return b.err
	default:
		return nil
	}
}

// Close ends the machine and waits until it is gone. The error says what of it
// could not be removed.
func (b *Base) Close() error {
	b.once.Do(func() {
		close(b.closed)
		b.kill()
	})
	<-b.done
	return b.left
}

// Closing returns a channel that is closed when Close is called.
func (b *Base) Closing() <-chan struct{} { return b.closed }

// IsClosing reports whether Close was called.
func (b *Base) IsClosing() bool {
	select {
	case <-b.closed:
		return true
	default:
		return false
	}
}

// CloseWith closes the machine when ctx ends.
func (b *Base) CloseWith(ctx context.Context) {
	go func() {
		select {
		case <-ctx.Done():
			b.Close()
		case <-b.done:
		}
	}()
}

// Ended records why the guest has ended. Once Close was called that is the
// caller's doing, and nothing is recorded.
func (b *Base) Ended(why error) {
	if !b.IsClosing() {
		b.err = why
	}
}

// Gone marks the machine as gone. left says what of it could not be removed.
func (b *Base) Gone(left error) {
	b.left = left
	close(b.done)
}
