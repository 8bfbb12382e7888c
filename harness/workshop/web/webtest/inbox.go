package webtest

import (
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// inbox reads a WebSocket all the time, as a page does: a client that does not read answers no ping,
// and the server takes it for gone.
type inbox struct {
	*websocket.Conn
	news chan struct{} // holds one token when there may be something to take

	mu       sync.Mutex
	messages []message
	err      error // after the last message
}

// message is what came from the server, and when.
type message struct {
	kind websocket.MessageType
	text []byte
	at   time.Time
}

func newInbox(c *websocket.Conn) *inbox {
	i := &inbox{Conn: c, news: make(chan struct{}, 1)}
	go i.fill()
	return i
}

func (i *inbox) fill() {
	for {
		kind, text, err := i.Conn.Read(context.Background()) // until the connection ends
		i.mu.Lock()
		if i.err = err; err == nil {
			i.messages = append(i.messages, message{kind, text, time.Now()})
		}
		i.mu.Unlock()
		select {
		case i.news <- struct{}{}:
		default: // a token is there
		}
		if err != nil {
			return
		}
	}
}

// next returns the next message. It waits for one until ctx or the connection ends. It is for
// one caller at a time.
func (i *inbox) next(ctx context.Context) (message, error) {
	for {
		m, ok, err := i.take()
		if ok || err != nil {
			return m, err
		}
		select {
		case <-i.news:
		case <-ctx.Done():
			return message{}, context.Cause(ctx)
		}
	}
}

func (i *inbox) take() (m message, ok bool, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.messages) == 0 {
		return message{}, false, i.err
	}
	m, i.messages = i.messages[0], i.messages[1:]
	return m, true, nil
}
