package workshop

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

var (
	errClosed   = errors.New("the workshop has ended")
	errRetired  = errors.New("this lab was changed: load the page again")
	errArchived = errors.New("the student was removed from this workshop")
	// ErrTimeUp is the error of a student whose time is over.
	ErrTimeUp = errors.New("your time in this workshop is over; what you wrote is kept")
)

// Student has a workspace for each lab.
type Student struct {
	ID       string
	workshop *Workshop
	since    time.Time

	mu         sync.Mutex
	workspaces map[string]*Workspace
	closed     bool

	jobs *queue // lets one student's checks and comparisons run, however many labs are open
}

// Workspace returns the student's workspace for a lab. It returns an error if the lab
// is unknown, or of the disk.
func (s *Student) Workspace(lab string) (*Workspace, error) {
	l := s.workshop.Lesson(lab)
	if l == nil {
		return nil, fmt.Errorf("this course has no lab %q", lab)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ws := s.workspaces[lab]; ws != nil {
		return ws, nil
	}
	if s.closed {
		return nil, errClosed
	}
	ws, err := openWorkspace(s, l, files{dir: s.dir(lab), code: l.FileName()})
	if err != nil {
		return nil, err
	}
	s.workspaces[lab] = ws
	return ws, nil
}

// Workspaces returns those of the labs that the student has begun, today or earlier, in
// the order of the course.
func (s *Student) Workspaces() []*Workspace {
	var out []*Workspace
	for _, l := range s.workshop.Course() {
		if !s.begun(l.Name) {
			continue
		}
		if ws, err := s.Workspace(l.Name); err == nil {
			out = append(out, ws)
		}
	}
	return out
}

// begun reports whether the student has begun a lab.
func (s *Student) begun(lab string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.workspaces[lab] != nil {
		return true
	}
	_, err := os.Stat(files{dir: s.dir(lab)}.statePath())
	return err == nil
}

func (s *Student) dir(lab string) string { return filepath.Join(s.workshop.Dir, s.ID, lab) }

// open returns the workspaces in use, sorted by their labs' names.
func (s *Student) open() []*Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Workspace
	for _, name := range slices.Sorted(maps.Keys(s.workspaces)) {
		out = append(out, s.workspaces[name])
	}
	return out
}

// Done returns how many steps of a lab have passed, and how many there are to pass.
func (s *Student) Done(lab string) (done, of int) {
	l := s.workshop.Lesson(lab)
	if l == nil {
		return 0, 0
	}
	steps := l.Checked()
	if !s.begun(lab) {
		return 0, len(steps)
	}
	ws, err := s.Workspace(lab)
	if err != nil {
		return 0, len(steps)
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.state.done(steps), len(steps)
}

// timeUp reports whether the student's time is over.
func (s *Student) timeUp(now time.Time) bool {
	limit := s.workshop.Limits.Time
	return limit > 0 && now.Sub(s.since) > limit
}

// makeRoom ends machines of other workspaces, those unused for longest first, until the
// student may have one more, for ws.
func (s *Student) makeRoom(ws *Workspace) {
	var others []*Workspace
	for _, other := range s.open() {
		if other != ws && other.hasMachine() {
			others = append(others, other)
		}
	}
	slices.SortFunc(others, func(a, b *Workspace) int { return a.lastUsed().Compare(b.lastUsed()) })
	for len(others) >= s.workshop.Limits.Machines {
		others[0].endMachine("the machine of another lab took its place")
		others = others[1:]
	}
}

// sweep ends machines that nobody has used for some time, and all of a student whose
// time is over, and stores what could not be stored before.
func (s *Student) sweep(now time.Time) {
	for _, ws := range s.open() {
		ws.storeAgain()
		switch {
		case s.timeUp(now):
			ws.endMachine(ErrTimeUp.Error())
		case !ws.broker.followed() && now.Sub(ws.lastUsed()) > s.workshop.Limits.Idle:
			ws.endMachine("it was not used for some time")
		}
	}
}

func (s *Student) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, ws := range s.open() {
		ws.close()
	}
}
