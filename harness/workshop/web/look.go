package web

import (
	"net/http"

	"github.com/bpflab/bpflab/harness/workshop"
)

// lookAnswer is the JSON of a student's C file, for the teacher who looks at it.
type lookAnswer struct {
	Type  string `json:"type"` // "code"
	File  string `json:"file"`
	Code  string `json:"code"`
	Saved bool   `json:"saved"` // it is what was saved, and not typed since
	Error string `json:"error"` // of the current step's last check
	Line  string `json:"line"`  // where that is
}

// studentWorkspace returns the workspace of a student and a lab in a teacher's request, or
// nil after answering it.
func (s *Server) studentWorkspace(w http.ResponseWriter, r *http.Request) *workshop.Workspace {
	id := s.Classroom.idOf(r.PathValue("student"))
	student, err := s.Workshop.Student(id)
	if id == "" || err != nil || s.Workshop.Lesson(r.PathValue("lab")) == nil {
		sendError(w, http.StatusNotFound, "there is no such student or lab")
		return nil
	}
	ws, err := student.Workspace(r.PathValue("lab"))
	if err != nil {
		sendError(w, http.StatusInternalServerError, err.Error())
		return nil
	}
	return ws
}

// look sends the teacher a student's C file, as it is now and whenever it changes.
func (s *Server) look(w http.ResponseWriter, r *http.Request) {
	ws := s.studentWorkspace(w, r)
	if ws == nil {
		return
	}
	events, stop := ws.Observe()
	defer stop()
	c, err := s.accept(w, r)
	if err != nil {
		return
	}
	defer c.close()
	ctx := c.CloseRead(r.Context())
	go c.keepAlive(ctx, s.sessionCheck(r))
	for c.json(ctx, lookOf(ws)) == nil {
		if !waitForCode(ctx.Done(), events) {
			return
		}
	}
}

// waitForCode waits until the C file or a report has changed.
func waitForCode(done <-chan struct{}, events <-chan workshop.Event) bool {
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return false
			}
			if e.Code != nil || e.Draft != nil || e.Report != nil {
				return true
			}
		case <-done:
			return false
		}
	}
}

func lookOf(ws *workshop.Workspace) lookAnswer {
	out := lookAnswer{Type: "code", File: ws.Lesson.FileName()}
	out.Code, out.Saved = ws.Draft()
	v := ws.View()
	if last := v.Steps[v.Step].Last; last != nil {
		out.Error, out.Line = last.Error()
	}
	return out
}
