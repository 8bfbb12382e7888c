package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
)

// Options is what a server shows, and to whom.
type Options struct {
	Workshop  *workshop.Workshop
	Classroom *Classroom // the class; nil for one who learns alone
	Dir       string     // where sessions are kept
	Hosts     []string   // names and addresses by which browsers may call the server
	Secure    bool       // it is reached by HTTPS
	Cookie    string     // name of the cookie, which servers on one machine must not share
}

// Server answers browsers.
type Server struct {
	Options
	sessions *sessions
	failures failures
	sockets  socketLimit
	mux      *http.ServeMux
}

// Alone is the ID of the one who learns alone.
const SoleStudent = "me"

// New makes a server. The error is the disk's.
func New(o Options) (*Server, error) {
	kept, err := openSessions(filepath.Join(o.Dir, "sessions.json"))
	if err != nil {
		return nil, err
	}
	if o.Cookie == "" {
		o.Cookie = "bpflab"
	}
	s := &Server{Options: o, sessions: kept, mux: http.NewServeMux()}
	s.routes()
	return s, nil
}

// Handler serves the page and all it asks for.
func (s *Server) Handler() http.Handler { return s.protect(s.mux) }

// Key makes a key that opens a session of a role once: in a link, /login?key=KEY.
func (s *Server) Key(role Role, id string) string {
	return s.sessions.key(principal{Role: role, ID: id})
}

func (s *Server) routes() {
	m := s.mux
	m.HandleFunc("GET /login", s.login)
	m.HandleFunc("GET /{$}", s.index)
	m.HandleFunc("GET /lab/{lab}", s.index)
	m.HandleFunc("GET /teacher", s.index)
	m.HandleFunc("GET /{asset}", s.asset)
	m.HandleFunc("GET /api/me", s.me)
	m.HandleFunc("POST /api/join", s.join)
	m.HandleFunc("POST /api/leave", s.leave)
	m.HandleFunc("POST /api/me/code", s.myCode)
	m.HandleFunc("GET /api/labs/{lab}", s.workspace(s.lesson))
	m.HandleFunc("GET /api/labs/{lab}/files/{file}", s.figure)
	for name, h := range map[string]workspaceHandler{"save": s.save, "check": s.check, "goto": s.goTo, "hint": s.hint, "solve": s.solve, "reset": s.reset, "compare": s.compare} {
		m.HandleFunc("POST /api/labs/{lab}/"+name, s.workspace(h))
	}
	m.HandleFunc("GET /api/labs/{lab}/events", s.workspace(s.events))
	m.HandleFunc("GET /api/labs/{lab}/terminals", s.workspace(s.terminals))
	m.HandleFunc("GET /api/labs/{lab}/terminals/{id}", s.workspace(s.terminal))
	m.HandleFunc("DELETE /api/labs/{lab}/terminals/{id}", s.workspace(s.closeTerminal))
	m.HandleFunc("GET /api/class", s.teacher(s.classroom))
	m.HandleFunc("GET /api/class/events", s.teacher(s.classroomEvents))
	m.HandleFunc("POST /api/class/message", s.teacher(s.message))
	m.HandleFunc("POST /api/class/students/{student}/remove", s.teacher(s.remove))
	m.HandleFunc("POST /api/class/students/{student}/code", s.teacher(s.codeFor))
	m.HandleFunc("GET /api/class/results.csv", s.teacher(s.results))
	m.HandleFunc("GET /api/class/students/{student}/terminals/{lab}/{id}", s.teacher(s.watchTerminal))
	m.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		sendError(w, http.StatusNotFound, "there is no "+r.Method+" "+r.URL.Path)
	})
}

// identity is whose session the request has. One with a token that is none counts as a
// failed attempt.
func (s *Server) identity(r *http.Request) principal {
	cookie, err := r.Cookie(s.Cookie)
	if err != nil {
		return principal{Role: Nobody}
	}
	if s.failures.wait(addressOf(r), time.Now()) > 0 {
		if p := s.sessions.of(cookie.Value); p.Role != Nobody {
			return p
		}
		return principal{Role: Nobody}
	}
	p := s.sessions.of(cookie.Value)
	if p.Role == Student && s.Classroom != nil && s.Classroom.name(p.ID) == "" {
		p.Role = Nobody // removed from the class, or of another one
	}
	if p.Role == Nobody {
		s.failures.add(addressOf(r), time.Now())
	}
	return p
}

// welcome tells whether the session that a request came with is good still.
func (s *Server) sessionCheck(r *http.Request) func() bool {
	was := s.identity(r)
	return func() bool { now := s.identity(r); return now.Role == was.Role && now.ID == was.ID }
}

func (s *Server) setCookie(w http.ResponseWriter, token string) {
	cookie := &http.Cookie{Name: s.Cookie, Value: token, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteStrictMode, MaxAge: int(sessionLife.Seconds())}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// login makes a session of a link's key.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	if wait := s.failures.wait(addressOf(r), time.Now()); wait > 0 {
		tooMany(w, wait)
		return
	}
	token, ok, err := s.sessions.redeem(r.FormValue("key"))
	switch {
	case err != nil:
		sendError(w, http.StatusInternalServerError, err.Error())
		return
	case ok:
		s.setCookie(w, token)
	case s.identity(r).Role == Nobody:
		s.failures.add(addressOf(r), time.Now())
		sendError(w, http.StatusForbidden, "this link was used already, or is of another run of bpflab; press Enter in bpflab's terminal for a new one")
		return
	}
	http.Redirect(w, r, localPath(r.FormValue("to")), http.StatusSeeOther)
}

// path is a place of ours to go to.
func localPath(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		return "/"
	}
	return to
}

func tooMany(w http.ResponseWriter, wait time.Duration) {
	seconds := int(wait.Seconds()) + 1
	w.Header().Set("Retry-After", fmt.Sprint(seconds))
	sendError(w, http.StatusTooManyRequests, fmt.Sprintf("too many failed tries from your address: wait %d seconds", seconds))
}

// deskHandler answers a student at a desk.
type workspaceHandler func(http.ResponseWriter, *http.Request, *workshop.Workspace)

// desk finds the desk that a request is for: always the session's own student's.
func (s *Server) workspace(h workspaceHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		me := s.identity(r)
		if me.Role != Student {
			sendError(w, http.StatusUnauthorized, "you are not in this workshop, or no longer")
			return
		}
		student, err := s.Workshop.Student(me.ID)
		if err != nil {
			sendError(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		lab := r.PathValue("lab")
		if s.Workshop.Lesson(lab) == nil {
			sendError(w, http.StatusNotFound, fmt.Sprintf("there is no lab %q in this course", lab))
			return
		}
		ws, err := student.Workspace(lab)
		if err != nil {
			sendError(w, http.StatusInternalServerError, err.Error())
			return
		}
		h(w, r, ws)
	}
}

// teacher lets only the class's teacher through.
func (s *Server) teacher(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.Classroom == nil || s.identity(r).Role != Teacher {
			sendError(w, http.StatusUnauthorized, "this is for the teacher; open the link that bpflab printed")
			return
		}
		h(w, r)
	}
}

// readTime is how long a browser may take to send a request's JSON.
const readTime = 30 * time.Second

// read reads a request's JSON; false if it is none, which is answered.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	body := http.NewResponseController(w)
	body.SetReadDeadline(time.Now().Add(readTime)) // who trickles is cut off
	defer body.SetReadDeadline(time.Time{})
	err := json.NewDecoder(r.Body).Decode(into)
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &large):
		sendError(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("a request may have %d MiB, and a C file 1 MiB", maxBody>>20))
	default:
		sendError(w, http.StatusBadRequest, "the request is no JSON that this server understands: "+err.Error())
	}
	return false
}

func sendJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(v) // a browser that has gone is no matter
}

type failure struct {
	Error string `json:"error"`
}

func sendError(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(failure{text})
}
