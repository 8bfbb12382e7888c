package web

import (
	"net/http"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/workshop"
)

// lessonAnswer is the JSON of a lab and the student's state.
type lessonAnswer struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	Digest   string            `json:"digest"` // of the document and its C files
	Intro    string            `json:"intro"`  // HTML
	File     string            `json:"file"`
	Code     string            `json:"code"`
	Revision int               `json:"revision"`
	Headers  []workshop.Header `json:"headers"` // that the C file includes, to read
	Steps    []stepAnswer      `json:"steps"`
	State    stateAnswer       `json:"state"`
}

type stepAnswer struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	HTML     string `json:"html"`
	Checked  bool   `json:"checked"`
	Typed    bool   `json:"typed"` // its commands can be typed in a terminal
	Hints    int    `json:"hints"`
	Solution bool   `json:"solution"`
}

// stateAnswer is the JSON of a workspace's state.
type stateAnswer struct {
	Step     string                    `json:"step"`
	Latest   string                    `json:"latest"` // digest of the lab as it is now: another one than the lesson's if it was changed
	Kernel   string                    `json:"kernel"`
	Revision int                       `json:"revision"`
	Busy     workshop.Busy             `json:"busy"`
	Ahead    int                       `json:"ahead"`   // while waiting: jobs before this one
	Unsaved  string                    `json:"unsaved"` // why the progress is not on disk
	Machine  workshop.MachineView      `json:"machine"`
	Steps    map[string]progressAnswer `json:"steps"`
}

type progressAnswer struct {
	Done     bool             `json:"done"`
	Attempts int              `json:"attempts"`
	Hints    []string         `json:"hints"`    // HTML
	Solution string           `json:"solution"` // HTML; "" until it was asked for
	Last     *workshop.Report `json:"last"`
}

// lesson sends the lab and the student's state.
func (s *Server) lesson(w http.ResponseWriter, _ *http.Request, ws *workshop.Workspace) {
	l := ws.Lesson
	md := markdown{l}
	code := ws.Code()
	out := lessonAnswer{Name: l.Name, Title: l.Title, Digest: l.SHA256, Intro: md.html(l.Intro), File: l.FileName(), Code: code.Text, Revision: code.Revision, Headers: l.Headers(), State: stateOf(ws)}
	for _, st := range l.Steps {
		out.Steps = append(out.Steps, stepAnswer{Name: st.Name, Title: st.Title, HTML: md.html(st.Prose), Checked: workshop.IsChecked(st), Typed: st.In == "",
			Hints: len(st.Hints), Solution: st.Solution != ""})
	}
	sendJSON(w, out)
}

// stateOf returns the JSON of a workspace's state.
func stateOf(ws *workshop.Workspace) stateAnswer {
	v := ws.View()
	out := stateAnswer{Step: v.Step, Latest: ws.Latest(), Kernel: v.Kernel, Revision: v.Revision, Busy: v.Busy, Ahead: v.Ahead, Unsaved: v.Unsaved, Machine: v.Machine, Steps: map[string]progressAnswer{}}
	for _, st := range ws.Lesson.Steps {
		out.Steps[st.Name] = progressOf(ws.Lesson, st, v.Steps[st.Name])
	}
	return out
}

func progressOf(lesson *workshop.Lesson, st lab.Step, p workshop.Progress) progressAnswer {
	md := markdown{lesson}
	out := progressAnswer{Done: !p.Done.Equal(time.Time{}), Attempts: p.Attempts, Hints: []string{}, Last: p.Last}
	for _, h := range st.Hints[:min(p.Hints, len(st.Hints))] {
		out.Hints = append(out.Hints, md.html(h))
	}
	if p.Solved {
		out.Solution = md.html(st.Solution)
	}
	return out
}

// figure sends a figure of a lab to anybody with a session.
func (s *Server) figure(w http.ResponseWriter, r *http.Request) {
	if s.identity(r).Role == Nobody {
		sendError(w, http.StatusUnauthorized, "you are not, or no longer, in this workshop")
		return
	}
	l := s.Workshop.Lesson(r.PathValue("lab"))
	if l == nil {
		sendError(w, http.StatusNotFound, "there is no such lab")
		return
	}
	image, err := l.Figure(r.PathValue("file"))
	if err != nil {
		sendError(w, http.StatusNotFound, "there is no such figure")
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	boundAnswer(w)
	w.Write(image)
}
