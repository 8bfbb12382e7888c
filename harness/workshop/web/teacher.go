package web

import (
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
)

func (s *Server) classroom(w http.ResponseWriter, r *http.Request) { sendJSON(w, s.overview(r)) }

// overviewEvery is how often the teacher's page is sent what has changed.
const overviewEvery = time.Second

// classroomEvents sends the classroom to the teacher's page whenever it has changed.
func (s *Server) classroomEvents(w http.ResponseWriter, r *http.Request) {
	c, err := s.accept(w, r)
	if err != nil {
		return
	}
	defer c.close()
	ctx := c.CloseRead(r.Context())
	go c.keepAlive(ctx, s.sessionCheck(r))
	var before overview
	tick := time.NewTicker(overviewEvery)
	defer tick.Stop()
	for {
		now := s.overview(r)
		if !reflect.DeepEqual(now, before) {
			if c.json(ctx, map[string]any{"type": "class", "class": now, "now": time.Now()}) != nil {
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

// message sends a text to all students.
func (s *Server) message(w http.ResponseWriter, r *http.Request) {
	text, ok := readMessage(w, r)
	if !ok {
		return
	}
	for _, id := range s.Classroom.ids() {
		student, err := s.Workshop.Student(id)
		if err != nil {
			continue
		}
		for _, ws := range student.Workspaces() {
			ws.Announce(workshop.Announcement{From: "teacher", Text: text})
		}
	}
	sendJSON(w, struct{}{})
}

// newClassCode changes the code that students join with. The page adds the code that it
// shows: if another teacher changed it a moment ago, that one stays.
func (s *Server) newClassCode(w http.ResponseWriter, r *http.Request) {
	var in struct{ Code string }
	if !readJSON(w, r, &in) {
		return
	}
	code, err := s.Classroom.NewCode(in.Code)
	if err != nil {
		sendResult(w, err)
		return
	}
	sendJSON(w, map[string]string{"code": code})
}

// named returns the ID of the student that a teacher's request names, or "" after
// answering it. The page adds the ID of the student whom it shows: if another teacher has
// removed that one, somebody else may have the name.
func (s *Server) named(w http.ResponseWriter, r *http.Request) string {
	var in struct{ ID string }
	if !readJSON(w, r, &in) {
		return ""
	}
	id := s.Classroom.idOf(r.PathValue("student"))
	if id == "" || in.ID != "" && in.ID != id {
		sendError(w, http.StatusNotFound, errNoStudent.Error())
		return ""
	}
	return id
}

// remove removes a student from the class, ends the student's machines and archives the
// files.
func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	id := s.named(w, r)
	if id == "" {
		return
	}
	s.moving.Lock()
	defer s.moving.Unlock()
	err := s.Classroom.Remove(id)
	if err == nil {
		err = errors.Join(s.sessions.endOf(Student, id), s.Workshop.Archive(id))
	}
	sendResult(w, err)
}

// restore takes a removed student back, with the archived files, and answers with a
// personal code to join again.
func (s *Server) restore(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.Classroom.isRemoved(id) {
		if err := s.Workshop.Restore(id); err != nil {
			sendError(w, http.StatusInternalServerError, err.Error())
			return
		}
	}
	if err := s.Classroom.Restore(id); err != nil {
		sendResult(w, err)
		return
	}
	s.personalCode(w, id)
}
