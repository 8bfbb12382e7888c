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
	Help    bool      `json:"help"` // asks the teacher for help
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
		out.Help = s.Classroom.helpSince(me.ID) != nil
	}
	for _, l := range s.Workshop.Course() {
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
	if !readJSON(w, r, &in) {
		return
	}
	var token string
	id, err := s.Classroom.Join(in.Name, in.Code, func(id string, back bool) (err error) {
		open := s.sessions.open
		if back {
			open = s.sessions.replace // the browser before is signed out
		}
		token, err = open(principal{Role: Student, ID: id})
		return err
	})
	if err != nil {
		if token != "" {
			s.sessions.end(token) // of a student who did not get in after all
		}
		s.refuse(w, r, in.Name, err)
		return
	}
	s.setCookie(w, token)
	sendJSON(w, s.meOf(principal{Role: Student, ID: id}))
}

// refuse answers a student who may not join. After a wrong code it takes its time.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, name string, err error) {
	switch {
	case errors.Is(err, ErrCode):
		s.pause(r.Context(), s.guesses.delay(s.attemptKeys(r, name), time.Now()))
		sendError(w, http.StatusForbidden, err.Error())
	case errors.Is(err, ErrTaken), errors.Is(err, ErrFull):
		sendError(w, http.StatusConflict, err.Error())
	case errors.Is(err, ErrStore):
		sendError(w, http.StatusInternalServerError, err.Error())
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
