package web

import (
	"errors"
	"net/http"
	"time"
)

// meAnswer is the JSON of the session's owner and of the course.
type meAnswer struct {
	Role    Role      `json:"role"`
	Name    string    `json:"name"`
	Class   string    `json:"class"`
	Kernel  string    `json:"kernel"`
	Kernels []string  `json:"kernels"`
	Labs    []labLine `json:"labs"`
}

// labLine is the JSON of a lab in the list of the course.
type labLine struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Summary  string `json:"summary"`
	Duration string `json:"duration"`
	Kernels  string `json:"kernels"`
	Steps    int    `json:"steps"`
	Done     int    `json:"done"`
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) { sendJSON(w, s.meOf(s.identity(r))) }

func (s *Server) meOf(me principal) meAnswer {
	out := meAnswer{Role: me.Role, Kernels: s.Workshop.Kernels.Names(), Labs: []labLine{}}
	out.Kernel = out.Kernels[0]
	if s.Classroom != nil {
		out.Class, out.Name = s.Classroom.Name, s.Classroom.name(me.ID)
	}
	for _, l := range s.Workshop.Lessons {
		line := labLine{Name: l.Name, Title: l.Title, Summary: l.Summary, Duration: l.Duration, Kernels: l.Kernels.String(), Steps: len(l.Checked())}
		if me.Role == Student {
			if student, err := s.Workshop.Student(me.ID); err == nil {
				line.Done, _ = student.Done(l.Name)
			}
		}
		out.Labs = append(out.Labs, line)
	}
	return out
}

// join admits a student who has the class's code, or readmits one who has a personal
// code.
func (s *Server) join(w http.ResponseWriter, r *http.Request) {
	var in struct{ Name, Code string }
	if s.Classroom == nil {
		sendError(w, http.StatusNotFound, "this workshop is not a class")
		return
	}
	if wait := s.failures.wait(addressOf(r), time.Now()); wait > 0 {
		tooMany(w, wait)
		return
	}
	if !readJSON(w, r, &in) {
		return
	}
	id, back, err := s.Classroom.Join(in.Name, in.Code)
	if err == nil && back {
		err = s.sessions.endOf(Student, id) // the browser before is signed out
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	me := principal{Role: Student, ID: id}
	token, err := s.sessions.open(me)
	if err != nil {
		sendError(w, http.StatusInternalServerError, err.Error())
		return
	}
	s.setCookie(w, token)
	sendJSON(w, s.meOf(me))
}

// refuse answers a student who may not join.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, ErrCode):
		s.failures.add(addressOf(r), time.Now())
		sendError(w, http.StatusForbidden, err.Error())
	case errors.Is(err, ErrTaken), errors.Is(err, ErrFull):
		sendError(w, http.StatusConflict, err.Error())
	default:
		sendError(w, http.StatusBadRequest, err.Error())
	}
}

// leave ends the session.
func (s *Server) leave(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(s.Cookie); err == nil {
		if err := s.sessions.end(cookie.Value); err != nil {
			sendError(w, http.StatusInternalServerError, err.Error())
			return
		}
	}
	s.setCookie(w, "")
	sendJSON(w, struct{}{})
}
