package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/coder/websocket"

	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms/wire"
)

// terminals sends the IDs of the running terminals.
func (s *Server) terminals(w http.ResponseWriter, _ *http.Request, ws *workshop.Workspace) {
	sendJSON(w, map[string][]string{"terminals": append([]string{}, ws.Terminals()...)})
}

func (s *Server) closeTerminal(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	if t := ws.Existing(r.PathValue("id")); t != nil {
		t.Close()
	}
	sendJSON(w, struct{}{})
}

// terminal connects a browser to a shell in the machine, which keeps running without a
// browser.
func (s *Server) terminal(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	c, err := s.accept(w, r)
	if err != nil {
		return
	}
	defer c.close()
	lost := r.FormValue("again") != "" && ws.Existing(r.PathValue("id")) == nil
	t, err := ws.Terminal(r.Context(), r.PathValue("id"), sizeOf(r))
	if err == nil && lost {
		err = c.json(r.Context(), exitAnswer{"again", ws.Before() + ". This is a new shell in a new machine; your file and your progress are kept"})
	}
	if err != nil {
		c.json(r.Context(), exitAnswer{"exit", err.Error()})
		c.Close(websocket.StatusNormalClosure, "")
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { defer cancel(); readInput(ctx, c, t) }()
	show(ctx, c, t, s.sessionCheck(r))
}

type exitAnswer struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// sizeOf returns the size of the window that a request names, or the usual one.
func sizeOf(r *http.Request) wire.Terminal {
	number := func(name string, usual uint16) uint16 {
		n, err := strconv.ParseUint(r.FormValue(name), 10, 16)
		if err != nil || n == 0 || n > 1000 {
			return usual
		}
		return uint16(n)
	}
	return wire.Terminal{Rows: number("rows", 24), Cols: number("cols", 80)}
}

// show sends the terminal's latest output and what follows, until the terminal ends or
// the browser goes.
func show(ctx context.Context, c socket, t *workshop.Terminal, welcome func() bool) {
	go c.keepAlive(ctx, welcome)
	kept, output, leave := t.View()
	defer leave()
	if len(kept) > 0 && c.binary(ctx, kept) != nil {
		return
	}
	for {
		select {
		case p, ok := <-output:
			if !ok {
				if how := t.Ended(); how != "" {
					c.json(ctx, exitAnswer{"exit", how})
				}
				c.Close(websocket.StatusNormalClosure, "")
				return
			}
			if c.binary(ctx, p) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// readInput passes on typed text and the size of the window.
func readInput(ctx context.Context, c socket, t *workshop.Terminal) {
	for {
		kind, p, err := c.Read(ctx)
		if err != nil {
			return
		}
		if kind == websocket.MessageBinary {
			if t.Input(p) != nil {
				return
			}
			continue
		}
		var in struct {
			Type       string
			Rows, Cols uint16
		}
		if json.Unmarshal(p, &in) == nil && in.Type == "resize" && in.Rows <= 1000 && in.Cols <= 1000 {
			t.Resize(wire.Terminal{Rows: in.Rows, Cols: in.Cols})
		}
	}
}

// watchTerminal shows a student's terminal to the teacher, who cannot type into it.
func (s *Server) watchTerminal(w http.ResponseWriter, r *http.Request) {
	ws := s.studentWorkspace(w, r)
	if ws == nil {
		return
	}
	t := ws.Existing(r.PathValue("id"))
	if t == nil {
		sendError(w, http.StatusNotFound, "that terminal has ended")
		return
	}
	c, err := s.accept(w, r)
	if err != nil {
		return
	}
	defer c.close()
	show(c.CloseRead(r.Context()), c, t, s.sessionCheck(r))
}
