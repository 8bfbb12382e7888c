//go:build linux

package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// control speaks the QEMU Machine Protocol: commands and their answers, and
// between them events. Its methods are safe for concurrent use.
type control struct {
	conn    io.ReadWriteCloser
	decoder *json.Decoder
	event   func(event)
	gone    chan struct{} // closed when QEMU sends no more and every event was handed on

	mu      sync.Mutex
	last    int // id of the last command
	pending map[int]chan message
}

var (
	errControlGone = errors.New("QEMU has closed its control connection")
	errNoGreeting  = errors.New("QEMU's control connection begins without a greeting")
)

// openControl greets QEMU. From then on onEvent is called for every event, one
// after the other, by a goroutine that ends with the connection; it must not
// wait for a command. On error the connection is closed.
func openControl(ctx context.Context, conn io.ReadWriteCloser, onEvent func(event)) (*control, error) {
	c := newControl(conn, onEvent)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := c.greeting(); err != nil {
		conn.Close()
		return nil, because(ctx, err)
	}
	go c.read()
	if err := c.execute(ctx, "qmp_capabilities", nil, nil); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func newControl(conn io.ReadWriteCloser, onEvent func(event)) *control {
	return &control{conn: conn, decoder: json.NewDecoder(conn), event: onEvent,
		gone: make(chan struct{}), pending: map[int]chan message{}}
}

// continueControl returns the control of a copy of a QEMU that was greeted already.
func continueControl(conn io.ReadWriteCloser, onEvent func(event)) *control {
	c := newControl(conn, onEvent)
	go c.read()
	return c
}

func (c *control) greeting() error {
	var hello message
	err := c.decoder.Decode(&hello)
	if errors.As(err, new(*json.SyntaxError)) || err == nil && hello.Greeting == nil {
		return errNoGreeting
	}
	if err != nil {
		return errControlGone
	}
	return nil
}

func (c *control) close() {
	c.conn.Close()
	<-c.gone
}

// execute runs a command and decodes its answer into result, unless that is
// nil. A refusal is a *commandError. When ctx ends first, QEMU may still carry
// the command out.
func (c *control) execute(ctx context.Context, name string, arguments, result any) error {
	return c.command(ctx, name, arguments, result, func(text []byte) error {
		_, err := c.conn.Write(text)
		return err
	})
}

func (c *control) command(ctx context.Context, name string, arguments, result any, write func([]byte) error) error {
	answer, err := c.send(name, arguments, write)
	if err != nil {
		return because(ctx, fmt.Errorf("%s: %w", name, errControlGone))
	}
	select {
	case m := <-answer:
		return m.into(name, result)
	case <-c.gone:
	case <-ctx.Done():
	}
	select {
	case m := <-answer: // it came just before
		return m.into(name, result)
	default:
		return because(ctx, fmt.Errorf("%s: %w", name, errControlGone))
	}
}

// give hands QEMU a file, which later commands call by name. The connection
// must be a Unix socket.
func (c *control) give(ctx context.Context, name string, file *os.File) error {
	socket, ok := c.conn.(*net.UnixConn)
	if !ok {
		return fmt.Errorf("give %s to QEMU: %w", name, errors.ErrUnsupported)
	}
	return c.command(ctx, "getfd", map[string]string{"fdname": name}, nil, func(text []byte) error {
		_, _, err := socket.WriteMsgUnix(text, unix.UnixRights(int(file.Fd())), nil)
		return err
	})
}

// send sends a command by write.
func (c *control) send(name string, arguments any, write func([]byte) error) (<-chan message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	answer := make(chan message, 1)
	c.pending[c.last] = answer
	text, err := json.Marshal(command{name, arguments, c.last})
	if err != nil {
		return nil, err
	}
	return answer, write(append(text, '\n'))
}

// read hands on what QEMU sends until it sends no more.
func (c *control) read() {
	defer close(c.gone)
	for {
		var m message
		if err := c.decoder.Decode(&m); err != nil {
			return
		}
		if m.Event != "" {
			c.event(event{m.Event, m.Data})
			continue
		}
		c.answered(m)
	}
}

func (c *control) answered(m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer := c.pending[m.ID]; answer != nil {
		answer <- m
		delete(c.pending, m.ID)
	}
}

// because returns why ctx ended, if it has, else err.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
