package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/bpflab/bpflab/harness/workshop"
)

// save stores the C file, and has it checked.
func (s *Server) save(w http.ResponseWriter, r *http.Request, d *workshop.Desk) {
	var in struct {
		Code     string
		Revision int
		Check    bool
	}
	if !read(w, r, &in) {
		return
	}
	revision, err := d.Save(in.Code, in.Revision)
	var conflict *workshop.Conflict
	var size *workshop.SizeError
	switch {
	case errors.As(err, &conflict):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusConflict)
		answer(w, map[string]any{"error": err.Error(), "code": conflict.Code.Text, "revision": conflict.Code.Revision})
		return
	case errors.As(err, &size):
		fail(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	case err != nil:
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	if in.Check {
		s.checkLater(r, d, "")
	}
	answer(w, map[string]int{"revision": revision})
}

type stepInput struct{ Step, Kernel string }

func (s *Server) check(w http.ResponseWriter, r *http.Request, d *workshop.Desk) {
	var in stepInput
	if read(w, r, &in) {
		s.checkLater(r, d, in.Step)
		answer(w, struct{}{})
	}
}

// checkLater checks while the browser waits for events. A browser that goes away ends
// no check.
func (s *Server) checkLater(r *http.Request, d *workshop.Desk, step string) {
	ctx := context.WithoutCancel(r.Context())
	go d.Check(ctx, step) // what comes of it is told by events
}

func (s *Server) goTo(w http.ResponseWriter, r *http.Request, d *workshop.Desk) {
	var in stepInput
	if read(w, r, &in) {
		done(w, d.Goto(in.Step))
	}
}

func (s *Server) hint(w http.ResponseWriter, r *http.Request, d *workshop.Desk) {
	var in stepInput
	if !read(w, r, &in) {
		return
	}
	text, left, err := d.Hint(in.Step)
	if err != nil {
		fail(w, http.StatusNotFound, err.Error())
		return
	}
	answer(w, map[string]any{"hint": markdown{d.Lesson.Name}.html(text), "left": left})
}

func (s *Server) solve(w http.ResponseWriter, r *http.Request, d *workshop.Desk) {
	var in stepInput
	if !read(w, r, &in) {
		return
	}
	text, code, err := d.Solve(in.Step)
	if err != nil {
		fail(w, http.StatusNotFound, err.Error())
		return
	}
	answer(w, map[string]string{"html": markdown{d.Lesson.Name}.html(text), "code": code})
}

func (s *Server) reset(w http.ResponseWriter, r *http.Request, d *workshop.Desk) {
	var in struct{ Code bool }
	if read(w, r, &in) {
		done(w, d.Reset(r.Context(), in.Code))
	}
}

func (s *Server) compare(w http.ResponseWriter, r *http.Request, d *workshop.Desk) {
	var in stepInput
	if !read(w, r, &in) {
		return
	}
	report, err := d.Compare(r.Context(), in.Kernel, in.Step)
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	answer(w, report)
}

// done answers a request that only may go wrong.
func done(w http.ResponseWriter, err error) {
	if err != nil {
		fail(w, http.StatusConflict, err.Error())
		return
	}
	answer(w, struct{}{})
}
