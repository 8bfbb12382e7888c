package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"
)

// slow sends the head of a request and half of its body, and returns the status of the
// answer, or 0, once the server has closed the connection. It gives up after patience.
func (b *browser) slow(path, body string) (status int, closed bool) {
	b.t.Helper()
	const patience = 20 * time.Second
	at := must(b.t, b.http.URL)
	c, err := net.Dial("tcp", at.Host)
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", path, at.Host)
	for _, cookie := range b.Jar.Cookies(at) {
		fmt.Fprintf(c, "Cookie: %s\r\n", cookie)
	}
	fmt.Fprintf(c, "Content-Length: %d\r\n\r\n%s", 2*len(body), body)
	in := bufio.NewReader(c)
	if answer, err := http.ReadResponse(in, nil); err == nil {
		status = answer.StatusCode
		io.Copy(io.Discard, answer.Body)
	}
	_, err = in.ReadByte()
	timeout, ok := err.(net.Error)
	return status, err != nil && !(ok && timeout.Timeout())
}

// TestSlowBodies sends bodies that do not end, to every kind of path, without a session
// and with one. The server answers, or gives up, and closes the connection.
func TestSlowBodies(t *testing.T) {
	s := open(t, t.TempDir(), true)
	s.stranger.time, s.member.time = 100*time.Millisecond, 100*time.Millisecond
	member, stranger := s.student(t, "Ada"), s.browser(t)
	for _, b := range []*browser{stranger, member} {
		for _, path := range []string{"/api/join", "/api/leave", "/api/me/code", "/api/labs/first/save", "/api/labs/first/check", "/api/labs/nothing/save",
			"/api/class/message", "/api/nothing", "/", "/nothing"} {
			t.Run(fmt.Sprint(path, b == member), func(t *testing.T) {
				t.Parallel()
				status, closed := b.slow(path, `{"text": "half`)
				if !closed {
					t.Errorf("%s: status %d, and the connection is open", path, status)
				}
			})
		}
	}
}

// TestLargeBodyOfStranger sends much without a session.
func TestLargeBodyOfStranger(t *testing.T) {
	b := open(t, t.TempDir(), true).browser(t)
	status, text := b.post("/api/join", map[string]string{"name": strings.Repeat("x", 1<<20), "code": "x"})
	if status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", status, text)
	}
}

// TestConnectionIsKept sends several requests over one connection, whose deadlines are of
// the request before.
func TestConnectionIsKept(t *testing.T) {
	s := open(t, t.TempDir(), true)
	s.member.time = 200 * time.Millisecond
	b := s.student(t, "Ada")
	connections := map[string]bool{}
	for range 3 {
		_, _ = b.send("POST", "/api/labs/first/goto", strings.NewReader(`{"step": "do-it"}`), func(r *http.Request) {
			*r = *r.WithContext(traceConnections(r.Context(), connections))
		})
		time.Sleep(s.member.time)
	}
	if len(connections) != 1 {
		t.Errorf("%d connections for three requests", len(connections))
	}
}

// traceConnections notes the local addresses of the connections that requests use.
func traceConnections(ctx context.Context, seen map[string]bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { seen[c.Conn.LocalAddr().String()] = true }})
}
