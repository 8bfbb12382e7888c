package workshop

import (
	"context"
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
	errClosed = errors.New("the workshop has ended")
	// ErrTimeUp is a student whose time is over.
	ErrTimeUp = errors.New("your time in this workshop is over; what you wrote is kept")
)

// Student has a desk for each lab.
type Student struct {
	ID       string
	workshop *Workshop
	since    time.Time

	mu         sync.Mutex
	workspaces map[string]*Workspace

	// They hold a value while a check or a comparison runs: one student, with however many
	// labs open, does not keep the others waiting.
	checking, comparing chan struct{}
}

// Desk is the student's for a lab. The error is an unknown lab, or the disk's.
func (s *Student) Workspace(lab string) (*Workspace, error) {
	l := s.workshop.Lesson(lab)
	if l == nil {
		return nil, fmt.Errorf("there is no lab %q in this course", lab)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ws := s.workspaces[lab]; ws != nil {
		return ws, nil
	}
	ws, err := openWorkspace(s, l, files{dir: s.dir(lab), code: l.FileName()})
	if err != nil {
		return nil, err
	}
	s.workspaces[lab] = ws
	return ws, nil
}

// Desks are those of the labs that the student has begun, today or earlier, in the
// order of the course.
func (s *Student) Workspaces() []*Workspace {
	var out []*Workspace
	for _, l := range s.workshop.Lessons {
		if !s.begun(l.Name) {
			continue
		}
		if ws, err := s.Workspace(l.Name); err == nil {
			out = append(out, ws)
		}
	}
	return out
}

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

// open are the desks in use, by the labs' names.
func (s *Student) open() []*Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Workspace
	for _, name := range slices.Sorted(maps.Keys(s.workspaces)) {
		out = append(out, s.workspaces[name])
	}
	return out
}

// Done is how many steps of a lab passed, of how many.
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

// hold waits until it is alone in holding one of the student's channels, and returns what
// gives it back.
func hold(ctx context.Context, one chan struct{}) (release func(), err error) {
	select {
	case one <- struct{}{}:
		return func() { <-one }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// timeUp tells that the student's time is over.
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

// sweep ends machines that nobody looks at, or whose student's time is over.
func (s *Student) sweep(now time.Time) {
	for _, ws := range s.open() {
		switch {
		case s.timeUp(now):
			ws.endMachine(ErrTimeUp.Error())
		case !ws.broker.followed() && now.Sub(ws.lastUsed()) > s.workshop.Limits.Idle:
			ws.endMachine("nobody looked at it for some time")
		}
	}
}

func (s *Student) close() {
	for _, ws := range s.open() {
		ws.close()
	}
}
