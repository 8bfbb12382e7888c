package web

import (
	"errors"
	"net/http"
	"time"
)

// meAnswer is who the browser's user is, and the course.
type meAnswer struct {
	Role    Role      `json:"role"`
	Name    string    `json:"name"`
	Class   string    `json:"class"`
	Kernel  string    `json:"kernel"`
	Kernels []string  `json:"kernels"`
	Labs    []labLine `json:"labs"`
}

// labLine is a lab in the course's list.
type labLine struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Summary  string `json:"summary"`
	Duration string `json:"duration"`
	Kernels  string `json:"kernels"`
	Steps    int    `json:"steps"`
	Done     int    `json:"done"`
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) { answer(w, s.meOf(s.identity(r))) }

func (s *Server) meOf(me who) meAnswer {
	out := meAnswer{Role: me.Role, Kernels: s.Workshop.Kernels.Names(), Labs: []labLine{}}
	out.Kernel = out.Kernels[0]
	if s.Room != nil {
		out.Class, out.Name = s.Room.Name, s.Room.name(me.ID)
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

// join lets a student into the class for its code, or back in for the student's own.
func (s *Server) join(w http.ResponseWriter, r *http.Request) {
	var in struct{ Name, Code string }
	if s.Room == nil {
		fail(w, http.StatusNotFound, "this is no class")
		return
	}
	if wait := s.tries.wait(addressOf(r), time.Now()); wait > 0 {
		tooMany(w, wait)
		return
	}
	if !read(w, r, &in) {
		return
	}
	id, back, err := s.Room.Join(in.Name, in.Code)
	if err == nil && back {
		err = s.sessions.endOf(Student, id) // who left the page has left it
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	me := who{Role: Student, ID: id}
	token, err := s.sessions.open(me)
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	s.setCookie(w, token)
	answer(w, s.meOf(me))
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, ErrCode):
		s.tries.fail(addressOf(r), time.Now())
		fail(w, http.StatusForbidden, err.Error())
	case errors.Is(err, ErrTaken), errors.Is(err, ErrFull):
		fail(w, http.StatusConflict, err.Error())
	default:
		fail(w, http.StatusBadRequest, err.Error())
	}
}

func (s *Server) leave(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(s.Cookie); err == nil {
		if err := s.sessions.end(cookie.Value); err != nil {
			fail(w, http.StatusInternalServerError, err.Error())
			return
		}
	}
	s.setCookie(w, "")
	answer(w, struct{}{})
}
