package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

func someResume() Resume {
	w := Resume{Time: time.Unix(1790000000, 5)}
	w.Seed[0], w.Seed[SeedSize-1], w.ID[0], w.ID[MachineIDSize-1] = 1, 2, 0xab, 0xcd
	return w
}

// boots boots an agent, prepares it, and waits until it is resumed: on port, unless that
// is nil.
func boots(stream, port io.ReadWriter) (Resume, error) {
	if err := Hello(stream); err != nil {
		return Resume{}, err
	}
	return AwaitResume(stream, port)
}

const someBootID = "5f3759df-0000-4000-8000-00000000002a"

func sayReady(s *Server, r Ready) error {
	payload, err := EncodeReady(r)
	if err != nil {
		return err
	}
	return s.Ready(payload, r.BootID, r.Uptime)
}

func TestStart(t *testing.T) {
	for _, withPort := range []bool{false, true} {
		host, guest := net.Pipe()
		hostPort, guestPort := net.Pipe()
		resumed := make(chan Resume, 1)
		go func() {
			var port io.ReadWriter
			from := io.ReadWriter(guest)
			if withPort {
				port, from = guestPort, guestPort
			}
			w, err := boots(guest, port)
			if err != nil {
				t.Error(err)
			}
			resumed <- w
			if err := sayReady(NewServer(from, nil), Ready{BootID: someBootID, Uptime: 2.5, Release: "6.1", Memory: 7}); err != nil {
				t.Error(err)
			}
		}()
		stream, err := Prepare(t.Context(), host, hostPort)
		if err != nil {
			t.Fatal(err)
		}
		if (stream == hostPort) != withPort {
			t.Errorf("port %v: the agent waits on the other stream", withPort)
		}
		ready, err := NewClient(stream).Resume(t.Context(), someResume())
		if err != nil || !reflect.DeepEqual(ready, Ready{BootID: someBootID, Uptime: 2.5, Release: "6.1", Memory: 7}) {
			t.Errorf("ready %+v, error %v", ready, err)
		}
		if w := <-resumed; w != someResume() || w.Hostname() != "bpflab-ab000000" || w.MachineID() != "ab0000000000000000000000000000cd" {
			t.Errorf("the agent was resumed with %+v", w)
		}
		host.Close()
		hostPort.Close()
	}
}

func TestPrepareOtherGuests(t *testing.T) {
	for _, test := range []struct {
		name  string
		guest func(io.ReadWriteCloser)
		want  string
	}{
		{"hangs up", func(g io.ReadWriteCloser) { g.Close() }, "EOF"},
		{"is no agent", func(g io.ReadWriteCloser) { io.WriteString(g, "login: "); g.Close() }, `begins with "login: "`},
		{"talks for ever", func(g io.ReadWriteCloser) { io.WriteString(g, strings.Repeat("a", strayLimit)) }, `begins with "aaa`},
		{"begins with something else", func(g io.ReadWriteCloser) { WriteFrame(g, Frame{Kind: KindBeat}); g.Close() }, "no agent says hello"},
		{"goes on with something else", func(g io.ReadWriteCloser) {
			WriteFrame(g, Frame{Kind: KindHello})
			ReadFrame(g)
			WriteFrame(g, Frame{Kind: KindBeat})
		}, "to come"},
		{"wants a port", func(g io.ReadWriteCloser) { boots(g, g) }, "does not have"},
		{"prepares with nonsense", func(g io.ReadWriteCloser) {
			Hello(g)
			WriteFrame(g, Frame{Kind: KindSnapshotReady, Payload: []byte("{")})
		}, "snapshot-ready frame"},
	} {
		t.Run(test.name, func(t *testing.T) {
			host, guest := net.Pipe()
			defer host.Close()
			go test.guest(guest)
			_, err := Prepare(t.Context(), host, nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestPrepareEndsWithItsContext(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	host, _ := net.Pipe()
	time.AfterFunc(time.Millisecond, func() { cancel(why) })
	if _, err := Prepare(ctx, host, nil); err != why {
		t.Errorf("error %v, want the context's cause", err)
	}
}

func TestResumeOfOtherHosts(t *testing.T) {
	for _, test := range []struct {
		name  string
		frame Frame
		want  string
	}{
		{"another frame", Frame{Kind: KindCall}, "where 13 was to come"},
		{"too short", Frame{Kind: KindResume, Payload: make([]byte, resumeSize-1)}, "resume frame"},
		{"too long", Frame{Kind: KindResume, Payload: make([]byte, resumeSize+1)}, "resume frame"},
	} {
		t.Run(test.name, func(t *testing.T) {
			host, guest := net.Pipe()
			defer host.Close()
			go func() {
				ReadFrame(host)
				WriteFrame(host, test.frame)
			}()
			if _, err := AwaitResume(guest, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestReadyOfOtherGuests(t *testing.T) {
	for _, payload := range []string{"", strings.Repeat("x", readyHead-1), strings.Repeat("x", readyHead), strings.Repeat("x", readyHead) + "{"} {
		if r, err := decodeReady([]byte(payload)); !errors.As(err, new(*ProtocolError)) {
			t.Errorf("%q: %+v, error %v, want a *ProtocolError", payload, r, err)
		}
	}
}

// late is a stream whose first bytes were lost.
type late struct {
	io.ReadWriteCloser
	lost int
}

func (l *late) Read(b []byte) (int, error) {
	for l.lost > 0 {
		n, err := l.ReadWriteCloser.Read(make([]byte, l.lost))
		if err != nil {
			return 0, err
		}
		l.lost -= n
	}
	return l.ReadWriteCloser.Read(b)
}

// A host may come to the stream after the agent's first word, or in its midst.
func TestHelloIsSaidUntilItIsHeard(t *testing.T) {
	for _, lost := range []int{1, 3, headerSize - 1, headerSize, headerSize + 7} {
		t.Run(fmt.Sprintf("%d bytes lost", lost), func(t *testing.T) {
			t.Parallel()
			host, guest := net.Pipe()
			defer host.Close()
			said := make(chan error, 1)
			go func() {
				_, err := boots(guest, nil)
				said <- err
			}()
			stream, err := Prepare(t.Context(), &late{host, lost}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := WriteFrame(stream, Frame{Kind: KindResume, Payload: make([]byte, resumeSize)}); err != nil {
				t.Fatal(err)
			}
			if err := <-said; err != nil {
				t.Errorf("the agent: %v", err)
			}
		})
	}
}

func TestParkedGuestIsResumedAgain(t *testing.T) {
	host, guest := net.Pipe()
	parked := make(chan error, 2)
	go func() {
		for range 2 {
			w, err := AwaitResume(guest, nil)
			if err != nil {
				parked <- err
				return
			}
			s := NewServer(guest, map[string]Handler{"who": func(context.Context, *Request) (any, error) { return w.MachineID(), nil }})
			sayReady(s, Ready{BootID: someBootID})
			parked <- s.Serve(context.Background(), time.Millisecond)
		}
	}()
	if f, err := ReadFrame(host); err != nil || f.Kind != KindSnapshotReady {
		t.Fatalf("frame %v, error %v", f, err)
	}
	for i := range 2 {
		c, w := NewClient(host), NewResume()
		if _, err := c.Resume(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		var id string
		if err := c.Call(t.Context(), "who", nil, &id, IO{}); err != nil || id != w.MachineID() {
			t.Errorf("round %d: the guest is %s, error %v", i, id, err)
		}
		if i == 1 {
			host.Close()
			break
		}
		if err := c.Park(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-parked; !errors.Is(err, ErrParked) {
			t.Errorf("the guest's server ended with %v, want %v", err, ErrParked)
		}
	}
}
