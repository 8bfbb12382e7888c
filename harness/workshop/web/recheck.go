package web

import (
	"context"
	"net/http"
	"sync"

	"github.com/bpflab/bpflab/harness/workshop"
)

// recheck is the job that does all passed steps again in new machines. There is one at a
// time, which does one step at a time, so that students hardly notice.
type recheck struct {
	mu    sync.Mutex
	state recheckAnswer
}

// recheckAnswer is the JSON of the job's state.
type recheckAnswer struct {
	Running bool   `json:"running"`
	Done    int    `json:"done"`
	Total   int    `json:"total"`
	Error   string `json:"error"` // of the last step that could not be done again
}

func (c *recheck) answer() recheckAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// passedStep is a step to do again.
type passedStep struct {
	workspace *workshop.Workspace
	step      string
}

// begin starts the job, unless it runs already.
func (c *recheck) begin(steps []passedStep) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Running {
		return
	}
	c.state = recheckAnswer{Running: true, Total: len(steps)}
	go c.run(steps)
}

func (c *recheck) run(steps []passedStep) {
	for _, s := range steps {
		err := s.workspace.Recheck(context.Background(), s.step) // ends with the workshop
		c.mu.Lock()
		c.state.Done++
		if err != nil {
			c.state.Error = err.Error()
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Running = false
}

// recheckAll does again all that students have passed and that was not done again yet.
func (s *Server) recheckAll(w http.ResponseWriter, _ *http.Request) {
	var steps []passedStep
	for _, id := range s.Classroom.ids() {
		student, err := s.Workshop.Student(id)
		if err != nil {
			continue
		}
		for _, ws := range student.Workspaces() {
			for _, name := range ws.NeedsRecheck() {
				steps = append(steps, passedStep{ws, name})
			}
		}
	}
	s.recheck.begin(steps)
	sendJSON(w, s.recheck.answer())
}
