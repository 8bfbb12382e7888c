package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/bpflab/bpflab/harness/workshop"
)

// writeTime is how long a browser may take to read what it is sent: one that vanished
// never reads it.
const writeTime = 20 * time.Second

// pingEvery is how often the server pings a quiet browser.
const pingEvery = 30 * time.Second

// maxSockets limits the open WebSockets of one session's owner: a page has an event
// stream and a few terminals, and a browser has some pages.
const maxSockets = 64

// socket is an accepted WebSocket.
type socket struct {
	*websocket.Conn
	leave func()
}

// close closes the socket, if it is still open.
func (s socket) close() {
	s.CloseNow()
	s.leave()
}

// accept accepts a WebSocket of the server's own page. It refuses, and answers, a
// request of another site's page and one that exceeds the limit.
func (s *Server) accept(w http.ResponseWriter, r *http.Request) (socket, error) {
	leave, err := s.sockets.acquire(s.identity(r))
	if err != nil {
		sendError(w, http.StatusTooManyRequests, err.Error())
		return socket{}, err
	}
	c, err := websocket.Accept(w, r, nil) // which compares Origin with Host
	if err != nil {
		leave()
		return socket{}, err
	}
	c.SetReadLimit(1 << 20)
	return socket{c, leave}, nil
}

// json sends a value as JSON.
func (s socket) json(ctx context.Context, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return s.Write(ctx, websocket.MessageText, text)
}

// binary sends bytes.
func (s socket) binary(ctx context.Context, p []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return s.Write(ctx, websocket.MessageBinary, p)
}

// keepAlive closes the socket when the browser does not answer a ping, or its session
// has ended.
func (s socket) keepAlive(ctx context.Context, welcome func() bool) {
	for {
		select {
		case <-time.After(pingEvery):
		case <-ctx.Done():
			return
		}
		if !welcome() {
			s.CloseNow()
			return
		}
		ping, cancel := context.WithTimeout(ctx, writeTime)
		err := s.Ping(ping)
		if cancel(); err != nil {
			s.CloseNow()
			return
		}
	}
}

// traceAnswer and mapAnswer are the JSON of the trace and of a map.
type traceAnswer struct {
	Type string `json:"type"`
	*workshop.TraceUpdate
}

type mapAnswer struct {
	Name    string        `json:"name"`
	Type    string        `json:"type"`
	Entries []entryAnswer `json:"entries"`
	Cut     bool          `json:"cut"`
	Error   string        `json:"error"`
}

type entryAnswer struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// events sends a page all events of a workspace.
func (s *Server) events(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	events, stop := ws.Subscribe() // before the page is answered, so that it misses nothing
	defer stop()
	c, err := s.accept(w, r)
	if err != nil {
		return
	}
	defer c.close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { defer cancel(); readPage(ctx, c, ws) }()
	go c.keepAlive(ctx, s.sessionCheck(r))
	c.json(ctx, map[string]any{"type": "state", "state": stateOf(ws)})
	for _, letter := range s.mail.take(s.identity(r).ID) {
		c.json(ctx, messageOf(letter))
	}
	for {
		select {
		case e, ok := <-events:
			if !ok || e.Draft == nil && c.json(ctx, eventJSON(ws, e)) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// eventJSON returns the JSON of an event.
func eventJSON(ws *workshop.Workspace, e workshop.Event) any {
	switch {
	case e.Report != nil:
		return map[string]any{"type": "report", "report": e.Report}
	case e.Code != nil:
		return map[string]any{"type": "code", "code": e.Code.Text, "revision": e.Code.Revision}
	case e.Trace != nil:
		return traceAnswer{"trace", e.Trace}
	case e.Maps != nil:
		return map[string]any{"type": "maps", "maps": mapsOf(e.Maps)}
	case e.Announcement != nil:
		return messageOf(*e.Announcement)
	}
	return map[string]any{"type": "state", "state": stateOf(ws)}
}

// messageOf returns the JSON of the teacher's message.
func messageOf(n workshop.Announcement) any {
	return map[string]any{"type": "message", "from": n.From, "text": n.Text, "private": n.Private}
}

// mapsOf returns the JSON of maps.
func mapsOf(news []workshop.MapView) []mapAnswer {
	out := []mapAnswer{}
	for _, m := range news {
		a := mapAnswer{Name: m.Name, Type: m.Type, Cut: m.Cut, Error: m.Error, Entries: []entryAnswer{}}
		for _, e := range m.Entries {
			a.Entries = append(a.Entries, entryAnswer(e))
		}
		out = append(out, a)
	}
	return out
}

// readPage reads the page's messages: whether it shows the trace and the maps, and text
// that is not saved yet.
func readPage(ctx context.Context, c socket, ws *workshop.Workspace) {
	shown := false
	defer func() {
		if shown {
			ws.Show(false)
		}
	}()
	for {
		_, text, err := c.Read(ctx)
		if err != nil {
			return
		}
		var in struct {
			Type    string
			Visible bool
			Text    string
		}
		switch {
		case json.Unmarshal(text, &in) != nil:
		case in.Type == "visible" && in.Visible != shown:
			shown = in.Visible
			ws.Show(shown)
		case in.Type == "draft":
			ws.SetDraft(in.Text)
		}
	}
}
