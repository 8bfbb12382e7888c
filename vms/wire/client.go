package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// Window is how many unacknowledged bytes of a call's data may be in flight to a guest,
// unless the guest allows more: a Linux tty buffers 64 KiB before it drops bytes.
// PortWindow is what a guest on a virtio port allows; its driver makes the host wait.
const (
	Window     = 32 << 10
	PortWindow = 1 << 20
)

// chunk returns how many bytes one frame carries at most: a part of the window.
func chunk(window int) int { return window / 4 }

// Client is the host's end. Its methods are safe for concurrent use.
type Client struct {
	stream io.ReadWriteCloser
	first  chan Ready
	done   chan struct{}

	wmu sync.Mutex // one frame at a time

	mu     sync.Mutex
	window int // of the guest, in bytes
	next   uint32
	calls  map[uint32]*call
	err    error
	last   time.Time // when the last frame came
	taking bool      // it is being handed over
	within bool      // a header came, and not yet its payload
}

type call struct {
	end    chan Frame // KindReply or KindFault
	acked  chan int64
	output [3]io.Writer
}

// NewClient reads frames from stream until it ends. Close the stream to end it.
func NewClient(stream io.ReadWriteCloser) *Client {
	c := &Client{stream: stream, first: make(chan Ready, 1), done: make(chan struct{}),
		calls: map[uint32]*call{}, last: time.Now()}
	go c.read()
	return c
}

// ready waits for the frame that a guest sends once it has resumed.
func (c *Client) ready(ctx context.Context) (Ready, error) {
	select {
	case r := <-c.first:
		return r, nil
	case <-c.done:
		return Ready{}, c.Err()
	case <-ctx.Done():
		return Ready{}, context.Cause(ctx)
	}
}

// Done returns a channel that is closed when the stream has ended; Err then says how.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err returns why the stream ended; io.EOF if the guest hung up.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Silence returns how long ago the last frame came. A living guest sends one about
// every second. While output waits for its writer, no frames are read, and the guest
// does not count as silent.
func (c *Client) Silence() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taking {
		return 0
	}
	return time.Since(c.last)
}

// IO is what a call carries besides its arguments: In is sent to the guest,
// Stdout and Stderr take what it sends back. All may be nil.
type IO struct {
	In             io.Reader
	Stdout, Stderr io.Writer
}

// Call asks the guest to do op and decodes its answer into result, if that is
// not nil. Errors are *Fault when the guest says no, ctx's cause when it ended
// first (the guest stops it), and the stream's error otherwise.
func (c *Client) Call(ctx context.Context, op string, args, result any, io IO) error {
	id, cl, err := c.open(io)
	if err != nil {
		return err
	}
	defer c.forget(id)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends sendData when the guest answers before taking all data
	if err := c.request(id, op, args); err != nil {
		return err
	}
	sent := make(chan error, 1)
	if io.In != nil {
		go func() { sent <- c.sendData(ctx, id, cl, io.In) }()
	}
	return c.finish(ctx, id, cl, sent, result)
}

func (c *Client) finish(ctx context.Context, id uint32, cl *call, sent chan error, result any) error {
	for {
		select {
		case f := <-cl.end:
			return decodeEnd(f, result)
		case err := <-sent:
			if err != nil {
				c.send(Frame{Kind: KindCancel, ID: id})
				return err
			}
			sent = nil
		case <-c.done:
			return c.Err()
		case <-ctx.Done():
			c.send(Frame{Kind: KindCancel, ID: id})
			return context.Cause(ctx)
		}
	}
}

func decodeEnd(f Frame, result any) error {
	if f.Kind == KindFault {
		fault := &Fault{}
		if err := json.Unmarshal(f.Payload, fault); err != nil {
			return &ProtocolError{"fault: " + err.Error()}
		}
		return fault
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(f.Payload, result); err != nil {
		return &ProtocolError{"reply: " + err.Error()}
	}
	return nil
}

func (c *Client) open(io IO) (uint32, *call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, nil, c.err
	}
	c.next++
	cl := &call{end: make(chan Frame, 1), acked: make(chan int64, 64)}
	cl.output[Stdout], cl.output[Stderr] = io.Stdout, io.Stderr
	c.calls[c.next] = cl
	return c.next, cl, nil
}

func (c *Client) forget(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.calls, id)
}

// callBody is the payload of a KindCall frame.
type callBody struct {
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args,omitempty"`
}

func (c *Client) request(id uint32, op string, args any) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	body, err := json.Marshal(callBody{Op: op, Args: raw})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return c.send(Frame{Kind: KindCall, ID: id, Payload: body})
}

func (c *Client) sendData(ctx context.Context, id uint32, cl *call, in io.Reader) error {
	window := c.guestWindow()
	buf := make([]byte, chunk(window))
	var under int64
	for {
		n, err := in.Read(buf)
		if n > 0 {
			if err := c.send(Frame{Kind: KindData, ID: id, Payload: bytes.Clone(buf[:n])}); err != nil {
				return err
			}
			under += int64(n)
		}
		if err == io.EOF {
			return c.send(Frame{Kind: KindEnd, ID: id})
		}
		if err != nil {
			return err
		}
		for under > int64(window-len(buf)) {
			select {
			case got := <-cl.acked:
				under -= got
			case <-c.done:
				return c.Err()
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
}

func (c *Client) guestWindow() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.window, Window)
}

func (c *Client) send(f Frame) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	return WriteFrame(c.stream, f)
}

func (c *Client) read() {
	defer close(c.done)
	for {
		f, err := readFrame(c.stream, c.begun)
		if err == nil {
			c.received(true)
			err = c.take(f)
			c.received(false)
		}
		if err != nil {
			c.mu.Lock()
			c.err = err
			c.mu.Unlock()
			return
		}
	}
}

// begun notes the header of a frame.
func (c *Client) begun() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.within = true
}

// Unfinished returns a *ProtocolError if the guest sent the header of a frame and not
// all of its payload. An agent writes both at once: after a silence, something else in
// the guest has written to its stream.
func (c *Client) Unfinished() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.within {
		return nil
	}
	return &ProtocolError{"a header came without its payload"}
}

// received notes a frame, before it is handed over and after.
func (c *Client) received(taking bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.taking, c.within = time.Now(), taking, false
}

func (c *Client) take(f Frame) error {
	c.mu.Lock()
	cl := c.calls[f.ID]
	c.mu.Unlock()
	switch f.Kind {
	case KindBeat:
		return nil
	case KindReady:
		return c.takeReady(f)
	case KindSnapshotReady:
		return ErrParked
	}
	if cl == nil {
		return nil // an answer to a call that was given up
	}
	switch f.Kind {
	case KindReply, KindFault:
		select {
		case cl.end <- f:
		default:
			return &ProtocolError{fmt.Sprintf("call %d was answered twice", f.ID)}
		}
	case KindAck:
		return cl.ack(f)
	case KindData:
		return cl.data(f)
	default:
		return &ProtocolError{fmt.Sprintf("guest sent a frame of kind %d", f.Kind)}
	}
	return nil
}

func (c *Client) takeReady(f Frame) error {
	r, err := decodeReady(f.Payload)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.window = min(r.Window, PortWindow)
	c.mu.Unlock()
	select {
	case c.first <- r:
		return nil
	default:
		return &ProtocolError{"a second ready frame: the guest started again"}
	}
}

func (cl *call) ack(f Frame) error {
	if len(f.Payload) != 8 {
		return &ProtocolError{"acknowledgement of a wrong size"}
	}
	select {
	case cl.acked <- int64(binary.LittleEndian.Uint64(f.Payload)):
	default: // the sender has gone; nobody counts any more
	}
	return nil
}

// data passes a frame to the call's writer. If the writer fails, its output is lost, but
// the machine goes on.
func (cl *call) data(f Frame) error {
	if w := cl.output[f.Channel]; w != nil {
		if _, err := w.Write(f.Payload); err != nil {
			cl.output[f.Channel] = nil
		}
	}
	return nil
}
