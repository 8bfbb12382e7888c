package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/bpflab/bpflab/harness/workshop"
)

// writeTime is how long a browser may take to read what it is sent; one that vanished
// never does.
const writeTime = 20 * time.Second

// pingEvery is how often a quiet browser is asked whether it is there.
const pingEvery = 30 * time.Second

// maxSockets is how many WebSockets one may have open: a page has an event stream and a
// few terminals, and a browser some pages.
const maxSockets = 64

// socket is a WebSocket of ours.
type socket struct {
	*websocket.Conn
	leave func()
}

// close ends the socket, if it has not ended.
func (s socket) close() {
	s.CloseNow()
	s.leave()
}

// accept takes a WebSocket that a page of our own opens; what another site's page opens
// is refused and answered, and so is one too many.
func (s *Server) accept(w http.ResponseWriter, r *http.Request) (socket, error) {
	leave, err := s.sockets.acquire(s.identity(r))
	if err != nil {
		sendError(w, http.StatusTooManyRequests, err.Error())
		return socket{}, err
	}
	c, err := websocket.Accept(w, r, nil) // it compares Origin with Host
	if err != nil {
		leave()
		return socket{}, err
	}
	c.SetReadLimit(1 << 20)
	return socket{c, leave}, nil
}

func (s socket) json(ctx context.Context, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return s.Write(ctx, websocket.MessageText, text)
}

func (s socket) binary(ctx context.Context, p []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return s.Write(ctx, websocket.MessageBinary, p)
}

// alive ends the socket when the browser answers no longer, or its session has ended.
func (s socket) alive(ctx context.Context, welcome func() bool) {
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

// traceAnswer and mapsAnswer are news as the page takes them.
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

// events tells a page of all that happens at a desk.
func (s *Server) events(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	events, stop := ws.Subscribe() // before the page knows that it follows: it misses nothing
	defer stop()
	c, err := s.accept(w, r)
	if err != nil {
		return
	}
	defer c.close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { defer cancel(); visibility(ctx, c, ws) }()
	go c.alive(ctx, s.sessionCheck(r))
	c.json(ctx, map[string]any{"type": "state", "state": stateOf(ws)})
	for {
		select {
		case e, ok := <-events:
			if !ok || c.json(ctx, message(ws, e)) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// message is an event as the page takes it.
func message(ws *workshop.Workspace, e workshop.Event) any {
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
		return map[string]any{"type": "message", "from": e.Announcement.From, "text": e.Announcement.Text}
	}
	return map[string]any{"type": "state", "state": stateOf(ws)}
}

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

// visibility reads what the page says: whether it shows the trace and the maps.
func visibility(ctx context.Context, c socket, ws *workshop.Workspace) {
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
		}
		if json.Unmarshal(text, &in) == nil && in.Type == "visible" && in.Visible != shown {
			shown = in.Visible
			ws.Show(shown)
		}
	}
}
