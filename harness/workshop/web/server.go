package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
)

// Options configures a server.
type Options struct {
	Workshop  *workshop.Workshop
	Classroom *Classroom // nil for a student without a class
	Dir       string     // of the stored sessions
	Hosts     []string   // names and addresses by which browsers may call the server
	Secure    bool       // browsers use HTTPS
	Cookie    string     // name of the cookie; servers on one machine need different ones
}

// Server answers browsers.
type Server struct {
	Options
	sessions *sessions
	guesses  guesses
	pause    func(context.Context, time.Duration)
	stranger bodyLimit // of a browser without a session
	member   bodyLimit // of one that has a session
	sockets  socketLimit
	recheck  recheck
	mail     mailbox
	moving   sync.Mutex // held while a student is removed or restored: that takes several steps
	mux      *http.ServeMux
}

// SoleStudent is the ID of a student who learns without a class.
const SoleStudent = "me"

// New returns a server. The error is one of the disk.
func New(o Options) (*Server, error) {
	kept, err := openSessions(filepath.Join(o.Dir, "sessions.json"))
	if err != nil {
		return nil, err
	}
	if o.Cookie == "" {
		o.Cookie = "bpflab"
	}
	s := &Server{Options: o, sessions: kept, pause: pause, stranger: strangerLimit, member: memberLimit, mux: http.NewServeMux()}
	s.routes()
	return s, nil
}

// Handler serves the page and its API.
func (s *Server) Handler() http.Handler { return s.protect(s.mux) }

// Key returns a key that opens a session with a role once, in the link /login?key=KEY.
func (s *Server) Key(role Role, id string) string {
	return s.sessions.key(principal{Role: role, ID: id})
}

// routes registers the handlers.
func (s *Server) routes() {
	m := s.mux
	m.HandleFunc("GET /login", s.login)
	m.HandleFunc("GET /{$}", s.index)
	m.HandleFunc("GET /lab/{lab}", s.index)
	m.HandleFunc("GET /teacher", s.index)
	m.HandleFunc("GET /wall", s.index)
	m.HandleFunc("GET /{asset}", s.asset)
	m.HandleFunc("GET /api/me", s.me)
	m.HandleFunc("POST /api/join", s.join)
	m.HandleFunc("POST /api/leave", s.leave)
	m.HandleFunc("POST /api/me/code", s.myCode)
	m.HandleFunc("POST /api/me/help", s.help)
	m.HandleFunc("GET /api/labs/{lab}", s.inWorkspace((*workshop.Student).Renew, s.lesson))
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
	m.HandleFunc("POST /api/class/recheck", s.teacher(s.recheckAll))
	m.HandleFunc("POST /api/class/code", s.teacher(s.newClassCode))
	m.HandleFunc("POST /api/class/removed/{id}/restore", s.teacher(s.restore))
	m.HandleFunc("POST /api/class/students/{student}/remove", s.teacher(s.remove))
	m.HandleFunc("POST /api/class/students/{student}/code", s.teacher(s.codeFor))
	m.HandleFunc("POST /api/class/students/{student}/message", s.teacher(s.answer))
	m.HandleFunc("GET /api/class/students/{student}/code/{lab}", s.teacher(s.look))
	m.HandleFunc("GET /api/class/results.csv", s.teacher(s.results))
	m.HandleFunc("GET /api/class/students/{student}/terminals/{lab}/{id}", s.teacher(s.watchTerminal))
	m.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		sendError(w, http.StatusNotFound, "there is no "+r.Method+" "+r.URL.Path)
	})
}

// identity returns the owner of the request's session. An invalid token counts nothing:
// tokens cannot be guessed, and browsers keep old ones.
func (s *Server) identity(r *http.Request) principal {
	cookie, err := r.Cookie(s.Cookie)
	if err != nil {
		return principal{Role: Nobody}
	}
	p := s.sessions.lookup(cookie.Value)
	if p.Role == Student && s.Classroom != nil && s.Classroom.name(p.ID) == "" {
		p.Role = Nobody // removed from the class, or in another one
	}
	return p
}

// sessionCheck returns a function that reports whether the request's session is still
// valid.
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

// login opens a session for the key of a link.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	token, ok, err := s.sessions.redeem(r.FormValue("key"))
	switch {
	case err != nil:
		sendError(w, http.StatusInternalServerError, err.Error())
		return
	case ok:
		s.setCookie(w, token)
	case s.identity(r).Role == Nobody:
		sendError(w, http.StatusForbidden, "this link was used already, or belongs to another run of bpflab; press Enter in bpflab's terminal for a new one")
		return
	}
	http.Redirect(w, r, localPath(r.FormValue("to")), http.StatusSeeOther)
}

// page matches the paths of the page.
var page = regexp.MustCompile(`^/(?:teacher|wall|lab/[a-z0-9][a-z0-9-]*)?$`)

// localPath returns to if it is a path of the page, or "/". Nothing else passes: browsers
// drop some characters of a URL before they read it.
func localPath(to string) string {
	if !page.MatchString(to) {
		return "/"
	}
	return to
}

// workspaceHandler answers a request about a workspace.
type workspaceHandler func(http.ResponseWriter, *http.Request, *workshop.Workspace)

// workspace finds the workspace of a request, always one of the session's own student.
func (s *Server) workspace(h workspaceHandler) http.HandlerFunc {
	return s.inWorkspace((*workshop.Student).Workspace, h)
}

// inWorkspace does the same with one of a student's two ways to open a workspace.
func (s *Server) inWorkspace(open func(*workshop.Student, string) (*workshop.Workspace, error), h workspaceHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		me := s.identity(r)
		if me.Role != Student {
			sendError(w, http.StatusUnauthorized, "you are not, or no longer, in this workshop")
			return
		}
		student, err := s.Workshop.Student(me.ID)
		if err != nil {
			sendError(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		lab := r.PathValue("lab")
		if s.Workshop.Lesson(lab) == nil {
			sendError(w, http.StatusNotFound, fmt.Sprintf("this course has no lab %q", lab))
			return
		}
		ws, err := open(student, lab)
		if err != nil {
			sendError(w, http.StatusInternalServerError, err.Error())
			return
		}
		h(w, r, ws)
	}
}

// teacher passes on only requests of the class's teacher.
func (s *Server) teacher(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.Classroom == nil || s.identity(r).Role != Teacher {
			sendError(w, http.StatusUnauthorized, "only the teacher may see this; open the link that bpflab printed")
			return
		}
		h(w, r)
	}
}

// sendJSON answers a request with a value.
func sendJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	boundAnswer(w)
	json.NewEncoder(w).Encode(v) // an error means that the browser has gone
}

// failure is the JSON of an error.
type failure struct {
	Error string `json:"error"`
}

// sendError answers a request with an error.
func sendError(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	boundAnswer(w)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(failure{text})
}
