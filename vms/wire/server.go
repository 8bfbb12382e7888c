package wire

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"
)

// Handler does one call. Its result is sent as JSON; a *Fault is sent unchanged, any other
// error becomes one.
type Handler func(ctx context.Context, req *Request) (any, error)

// Request is one call on the guest's side.
type Request struct {
	Op   string
	args json.RawMessage
	id   uint32
	srv  *Server
	data *dataQueue
}

// Decode reads the call's arguments.
func (r *Request) Decode(v any) error {
	if len(r.args) == 0 {
		return nil
	}
	return json.Unmarshal(r.args, v)
}

// Data returns the call's data as it comes from the host; it ends with io.EOF.
func (r *Request) Data() io.Reader { return r.data }

// Output writes to the call's channel, Stdout or Stderr.
func (r *Request) Output(channel uint8) io.Writer { return &output{r, channel} }

// outputChunk is the data of one frame to the host, at most, in bytes. Frames
// of other calls go between.
const outputChunk = 32 << 10

type output struct {
	req     *Request
	channel uint8
}

func (o *output) Write(p []byte) (int, error) {
	for n := 0; n < len(p); {
		part := p[n:min(n+outputChunk, len(p))]
		if err := o.req.srv.send(Frame{Kind: KindData, Channel: o.channel, ID: o.req.id, Payload: part}); err != nil {
			return n, err
		}
		n += len(part)
	}
	return len(p), nil
}

// Server is the guest's end.
type Server struct {
	stream   io.ReadWriter
	handlers map[string]Handler

	wmu sync.Mutex

	mu    sync.Mutex
	calls map[uint32]*running
}

type running struct {
	cancel context.CancelFunc
	data   *dataQueue
}

// NewServer makes a server; Serve runs it.
func NewServer(stream io.ReadWriter, handlers map[string]Handler) *Server {
	return &Server{stream: stream, handlers: handlers, calls: map[uint32]*running{}}
}

// Serve answers calls, each in a goroutine of its own, until the stream ends, and sends a
// beat at that interval. It returns nil when the host hung up between frames, and ErrParked
// when the host parks the guest: then nothing more is sent.
func (s *Server) Serve(ctx context.Context, beat time.Duration) error {
	ctx, cancel := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() { s.beat(ctx, beat) })
	defer cancel()
	for {
		f, err := ReadFrame(s.stream)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.Kind == KindPark {
			cancel()
			beating.Wait()
			return ErrParked
		}
		if err := s.take(ctx, f); err != nil {
			return err
		}
	}
}

func (s *Server) beat(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if s.send(Frame{Kind: KindBeat}) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) take(ctx context.Context, f Frame) error {
	if f.Kind == KindCall {
		return s.start(ctx, f)
	}
	s.mu.Lock()
	r := s.calls[f.ID]
	s.mu.Unlock()
	if r == nil {
		return nil // the call has ended already
	}
	switch f.Kind {
	case KindData:
		r.data.put(f.Payload)
	case KindEnd:
		r.data.close(io.EOF)
	case KindCancel:
		r.cancel()
		r.data.close(context.Canceled)
	default:
		return &ProtocolError{fmt.Sprintf("host sent a frame of kind %d", f.Kind)}
	}
	return nil
}

func (s *Server) start(ctx context.Context, f Frame) error {
	var body callBody
	if err := json.Unmarshal(f.Payload, &body); err != nil {
		return &ProtocolError{"call: " + err.Error()}
	}
	ctx, cancel := context.WithCancel(ctx)
	q := newDataQueue(func(n int) {
		s.send(Frame{Kind: KindAck, ID: f.ID, Payload: binary.LittleEndian.AppendUint64(nil, uint64(n))})
	})
	s.mu.Lock()
	s.calls[f.ID] = &running{cancel, q}
	s.mu.Unlock()
	req := &Request{Op: body.Op, args: body.Args, id: f.ID, srv: s, data: q}
	go func() {
		defer cancel()
		s.answer(ctx, req)
	}()
	return nil
}

func (s *Server) answer(ctx context.Context, req *Request) {
	result, err := s.handle(ctx, req)
	s.mu.Lock()
	delete(s.calls, req.id)
	s.mu.Unlock()
	if err == nil {
		err = s.sendJSON(KindReply, req.id, result)
	}
	if err != nil {
		fault := &Fault{}
		if !errors.As(err, &fault) {
			fault = &Fault{Op: req.Op, Msg: err.Error()}
		}
		s.sendJSON(KindFault, req.id, fault)
	}
}

func (s *Server) handle(ctx context.Context, req *Request) (result any, err error) {
	h := s.handlers[req.Op]
	if h == nil {
		return nil, &Fault{Op: req.Op, Code: "unsupported", Msg: "this guest agent does not know the operation"}
	}
	defer func() { // a panic of an agent that is PID 1 would end its machine
		if p := recover(); p != nil {
			err = &Fault{Op: req.Op, Msg: fmt.Sprintf("internal error of the agent: %v\n%s", p, debug.Stack())}
		}
	}()
	return h(ctx, req)
}

func (s *Server) sendJSON(kind Kind, id uint32, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > MaxPayload {
		return fmt.Errorf("answer of %d bytes is over the cap of %d", len(body), MaxPayload)
	}
	return s.send(Frame{Kind: kind, ID: id, Payload: body})
}

func (s *Server) send(f Frame) error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	return WriteFrame(s.stream, f)
}

// dataQueue is an io.Reader over the data frames of a call. The sender's
// window bounds what it can hold.
type dataQueue struct {
	mu    sync.Mutex
	cond  *sync.Cond
	parts [][]byte
	err   error
	ack   func(n int)
}

func newDataQueue(ack func(int)) *dataQueue {
	q := &dataQueue{ack: ack}
	q.cond = sync.NewCond(&q.mu)
	return q
}

func (q *dataQueue) put(p []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.parts = append(q.parts, p)
		q.cond.Signal()
	}
}

func (q *dataQueue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
		q.cond.Broadcast()
	}
}

func (q *dataQueue) Read(p []byte) (int, error) {
	n, err := q.next(p)
	if n > 0 {
		q.ack(n)
	}
	return n, err
}

func (q *dataQueue) next(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.parts) == 0 {
		if q.err != nil {
			return 0, q.err
		}
		q.cond.Wait()
	}
	n := copy(p, q.parts[0])
	if q.parts[0] = q.parts[0][n:]; len(q.parts[0]) == 0 {
		q.parts = q.parts[1:]
	}
	return n, nil
}
