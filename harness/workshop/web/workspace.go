package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/bpflab/bpflab/harness/workshop"
)

// save stores the C file and, if asked to, starts a check.
func (s *Server) save(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	var in struct {
		Code     string
		Revision int
		Check    bool
	}
	if !readJSON(w, r, &in) {
		return
	}
	revision, err := ws.Save(in.Code, in.Revision)
	var conflict *workshop.Conflict
	var size *workshop.SizeError
	switch {
	case errors.As(err, &conflict):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusConflict)
		sendJSON(w, map[string]any{"error": err.Error(), "code": conflict.Code.Text, "revision": conflict.Code.Revision})
		return
	case errors.As(err, &size):
		sendError(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	case err != nil:
		sendError(w, http.StatusInternalServerError, err.Error())
		return
	}
	if in.Check {
		s.checkLater(r, ws, "")
	}
	sendJSON(w, map[string]int{"revision": revision})
}

type stepInput struct{ Step, Kernel string }

func (s *Server) check(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	var in stepInput
	if readJSON(w, r, &in) {
		s.checkLater(r, ws, in.Step)
		sendJSON(w, struct{}{})
	}
}

// checkLater starts a check, which goes on when the browser goes away.
func (s *Server) checkLater(r *http.Request, ws *workshop.Workspace, step string) {
	ctx := context.WithoutCancel(r.Context())
	go ws.Check(ctx, step) // the report arrives as an event
}

func (s *Server) goTo(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	var in stepInput
	if readJSON(w, r, &in) {
		sendResult(w, ws.Goto(in.Step))
	}
}

func (s *Server) hint(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	var in stepInput
	if !readJSON(w, r, &in) {
		return
	}
	text, left, err := ws.Hint(in.Step)
	if err != nil {
		sendError(w, statusOf(err, http.StatusNotFound), err.Error())
		return
	}
	sendJSON(w, map[string]any{"hint": markdown{ws.Lesson}.html(text), "left": left})
}

// solve sends a step's solution. "part" is the student's C file with the step's part of the
// solution in it, or "" if it has no place for it.
func (s *Server) solve(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	var in struct{ Step, Code string }
	if !readJSON(w, r, &in) {
		return
	}
	text, code, err := ws.Solve(in.Step)
	if err != nil {
		sendError(w, statusOf(err, http.StatusNotFound), err.Error())
		return
	}
	part := ""
	if len(workshop.Pastes(text)) > 0 {
		part, _ = ws.Lesson.PasteSolution(in.Step, in.Code)
	}
	sendJSON(w, map[string]string{"html": markdown{ws.Lesson}.html(text), "code": code, "part": part})
}

func (s *Server) reset(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	var in struct{ Code bool }
	if readJSON(w, r, &in) {
		sendResult(w, ws.Reset(r.Context(), in.Code))
	}
}

func (s *Server) compare(w http.ResponseWriter, r *http.Request, ws *workshop.Workspace) {
	var in stepInput
	if !readJSON(w, r, &in) {
		return
	}
	report, err := ws.Compare(r.Context(), in.Kernel, in.Step)
	if err != nil {
		sendError(w, http.StatusBadRequest, err.Error())
		return
	}
	sendJSON(w, report)
}

// sendResult answers a request whose result is only success or an error.
func sendResult(w http.ResponseWriter, err error) {
	if err != nil {
		sendError(w, statusOf(err, http.StatusConflict), err.Error())
		return
	}
	sendJSON(w, struct{}{})
}

// statusOf returns the status for an error: 500 for one of the disk, 404 for a student who
// is not there, else usual.
func statusOf(err error, usual int) int {
	var disk *workshop.StoreError
	switch {
	case errors.As(err, &disk), errors.Is(err, ErrStore):
		return http.StatusInternalServerError
	case errors.Is(err, errNoStudent):
		return http.StatusNotFound
	}
	return usual
}
