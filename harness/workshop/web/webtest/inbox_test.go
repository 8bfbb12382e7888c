package webtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestPingsAreAnsweredWhileNobodyWaits has a server ping a client that does something else, and
// send it two messages before it looks.
func TestPingsAreAnsweredWhileNobodyWaits(t *testing.T) {
	pinged := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			pinged <- err
			return
		}
		ctx, cancel := context.WithTimeout(c.CloseRead(r.Context()), 20*time.Second)
		defer cancel()
		for _, text := range []string{"one", "two"} {
			c.Write(ctx, websocket.MessageText, []byte(text))
		}
		pinged <- c.Ping(ctx)
		c.Close(websocket.StatusNormalClosure, "")
	}))
	defer server.Close()
	b, err := Open(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.socket(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	inbox := newInbox(c)
	defer inbox.CloseNow()
	if err := <-pinged; err != nil {
		t.Errorf("the ping: %v", err)
	}
	for _, want := range []string{"one", "two"} {
		if m, err := inbox.next(t.Context()); err != nil || string(m.text) != want {
			t.Errorf("%q, %v, want %q", m.text, err, want)
		}
	}
	if _, err := inbox.next(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("after the end: %v", err)
	}
}

func TestWaitForAMessageEnds(t *testing.T) {
	i := &inbox{news: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errEnough)
	if _, err := i.next(ctx); err != errEnough {
		t.Errorf("%v, want %v", err, errEnough)
	}
}

var errEnough = context.DeadlineExceeded
