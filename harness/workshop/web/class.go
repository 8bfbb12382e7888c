package web

import (
	"net/http"
	"reflect"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
)

func (s *Server) class(w http.ResponseWriter, r *http.Request) { answer(w, s.board(r)) }

// boardEvery is how often the teacher's page is told what changed.
const boardEvery = time.Second

// classEvents tells the teacher's page of changes.
func (s *Server) classEvents(w http.ResponseWriter, r *http.Request) {
	c, err := s.accept(w, r)
	if err != nil {
		return
	}
	defer c.close()
	ctx := c.CloseRead(r.Context())
	var before board
	tick := time.NewTicker(boardEvery)
	defer tick.Stop()
	for {
		now := s.board(r)
		if !reflect.DeepEqual(now, before) {
			if c.json(ctx, map[string]any{"type": "class", "class": now}) != nil {
				return
			}
		}
		before = now
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

const maxMessage = 2000 // characters

// message shows a text to all students.
func (s *Server) message(w http.ResponseWriter, r *http.Request) {
	var in struct{ Text string }
	if !read(w, r, &in) {
		return
	}
	if len([]rune(in.Text)) > maxMessage {
		fail(w, http.StatusRequestEntityTooLarge, "that is too long for a hint to all")
		return
	}
	for _, id := range s.Room.ids() {
		student, err := s.Workshop.Student(id)
		if err != nil {
			continue
		}
		for _, d := range student.Desks() {
			d.Notify(workshop.NoticeToAll{From: "teacher", Text: in.Text})
		}
	}
	answer(w, struct{}{})
}

// remove takes a student out of the class, and ends their machines.
func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	id := s.Room.idOf(r.PathValue("student"))
	if id == "" {
		fail(w, http.StatusNotFound, "there is no such student")
		return
	}
	err := s.Room.Remove(id)
	if err == nil {
		err = s.sessions.endOf(Student, id)
	}
	if err == nil {
		s.Workshop.Dismiss(id)
	}
	done(w, err)
}
