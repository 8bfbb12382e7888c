package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pair joins a client to a server with the handlers, over a pipe without any
// buffer.
func pair(t *testing.T, handlers map[string]Handler) *Client {
	t.Helper()
	host, guest := net.Pipe()
	served := make(chan error, 1)
	go func() {
		if _, err := expect(guest, KindResume); err != nil {
			served <- err
			return
		}
		server := NewServer(guest, handlers)
		if err := sayReady(server, Ready{Release: "6.1"}); err != nil {
			served <- err
			return
		}
		served <- server.Serve(context.Background(), time.Hour)
	}()
	t.Cleanup(func() {
		host.Close()
		err := <-served // data of a call that was answered early may be cut short
		if err != nil && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("server: %v", err)
		}
	})
	c := NewClient(host)
	if r, err := c.Resume(t.Context(), someResume()); err != nil || r.Release != "6.1" {
		t.Fatalf("ready: %+v, %v", r, err)
	}
	return c
}

func TestCall(t *testing.T) {
	c := pair(t, map[string]Handler{
		"double": func(_ context.Context, r *Request) (any, error) {
			var n int
			return n * 2, r.Decode(&n)
		},
		"echo": func(_ context.Context, r *Request) (any, error) {
			n, err := io.Copy(r.Output(Stdout), r.Data())
			return n, err
		},
		"refuse": func(context.Context, *Request) (any, error) {
			return nil, &Fault{Op: "refuse", Code: "missing", Msg: "not here"}
		},
	})

	t.Run("data both ways, more than the window", func(t *testing.T) {
		sent := make([]byte, 5*Window+1)
		rand.Read(sent)
		var back bytes.Buffer
		var n int
		if err := c.Call(t.Context(), "echo", nil, &n, IO{In: bytes.NewReader(sent), Stdout: &back}); err != nil {
			t.Fatal(err)
		}
		if n != len(sent) || !bytes.Equal(back.Bytes(), sent) {
			t.Errorf("sent %d bytes, guest counted %d, %d came back", len(sent), n, back.Len())
		}
	})
	t.Run("fault", func(t *testing.T) {
		var fault *Fault
		err := c.Call(t.Context(), "refuse", nil, nil, IO{})
		if !errors.As(err, &fault) || fault.Code != "missing" || !strings.Contains(err.Error(), "not here") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unknown operation", func(t *testing.T) {
		var fault *Fault
		if err := c.Call(t.Context(), "dance", nil, nil, IO{}); !errors.As(err, &fault) || fault.Code != "unsupported" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("guest answers before it took the data", func(t *testing.T) {
		err := c.Call(t.Context(), "refuse", nil, nil, IO{In: neverEnding{}})
		if !errors.As(err, new(*Fault)) {
			t.Errorf("got %v", err)
		}
	})
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }

func TestCancelReachesTheGuest(t *testing.T) {
	stopped := make(chan struct{})
	c := pair(t, map[string]Handler{"wait": func(ctx context.Context, _ *Request) (any, error) {
		<-ctx.Done()
		close(stopped)
		return nil, ctx.Err()
	}})
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(why) })
	if err := c.Call(ctx, "wait", nil, nil, IO{}); err != why {
		t.Errorf("got %v, want the context's cause", err)
	}
	<-stopped
}

func TestBrokenStreamEndsCalls(t *testing.T) {
	host, guest := net.Pipe()
	c := NewClient(host)
	go func() {
		ReadFrame(guest)
		guest.Write(bytes.Repeat([]byte("Kernel panic - not syncing: "), 10))
		guest.Close()
	}()
	err := c.Call(t.Context(), "exec", nil, nil, IO{})
	if !errors.As(err, new(*ProtocolError)) {
		t.Errorf("got %v, want a ProtocolError", err)
	}
	if err := c.Call(t.Context(), "exec", nil, nil, IO{}); !errors.As(err, new(*ProtocolError)) {
		t.Errorf("a later call: got %v, want the same", err)
	}
}

func TestSilenceAndBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, guest := net.Pipe()
		defer host.Close()
		go func() {
			expect(guest, KindResume)
			server := NewServer(guest, nil)
			sayReady(server, Ready{})
			server.Serve(t.Context(), time.Second)
		}()
		c := NewClient(host)
		if _, err := c.Resume(t.Context(), someResume()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Second + time.Millisecond)
		if s := c.Silence(); s > time.Second {
			t.Errorf("a guest that beats every second was silent for %v", s)
		}
		guest.Close()
		time.Sleep(time.Minute)
		if s := c.Silence(); s < time.Minute {
			t.Errorf("a dead guest was silent for %v only", s)
		}
	})
}

// FuzzGuest: whatever a guest sends, a call ends and nothing panics.
func FuzzGuest(f *testing.F) {
	f.Add(frame(f, Frame{Kind: KindReply, ID: 1, Payload: []byte(`{"exit":0}`)}))
	f.Add(frame(f, Frame{Kind: KindFault, ID: 1, Payload: []byte(`{`)}))
	f.Add(append(frame(f, Frame{Kind: KindAck, ID: 1, Payload: make([]byte, 8)}), frame(f, Frame{Kind: KindData, Channel: Stdout, ID: 1})...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		host, guest := net.Pipe()
		c := NewClient(host)
		go io.Copy(io.Discard, guest)
		go func() {
			guest.Write(raw)
			guest.Close()
		}()
		var res ExecResult
		c.Call(t.Context(), OpExec, Exec{Argv: []string{"ls"}}, &res, IO{In: strings.NewReader("in"), Stdout: io.Discard})
		<-c.Done()
		host.Close()
	})
}
