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
	ID    string
	shop  *Workshop
	since time.Time

	mu    sync.Mutex
	desks map[string]*Desk

	// They hold a value while a check or a comparison runs: one student, with however many
	// labs open, does not keep the others waiting.
	checking, comparing chan struct{}
}

// Desk is the student's for a lab. The error is an unknown lab, or the disk's.
func (s *Student) Desk(lab string) (*Desk, error) {
	l := s.shop.Lesson(lab)
	if l == nil {
		return nil, fmt.Errorf("there is no lab %q in this course", lab)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.desks[lab]; d != nil {
		return d, nil
	}
	d, err := openDesk(s, l, files{dir: s.dir(lab), code: l.FileName()})
	if err != nil {
		return nil, err
	}
	s.desks[lab] = d
	return d, nil
}

// Desks are those of the labs that the student has begun, today or earlier, in the
// order of the course.
func (s *Student) Desks() []*Desk {
	var out []*Desk
	for _, l := range s.shop.Lessons {
		if !s.begun(l.Name) {
			continue
		}
		if d, err := s.Desk(l.Name); err == nil {
			out = append(out, d)
		}
	}
	return out
}

func (s *Student) begun(lab string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.desks[lab] != nil {
		return true
	}
	_, err := os.Stat(files{dir: s.dir(lab)}.statePath())
	return err == nil
}

func (s *Student) dir(lab string) string { return filepath.Join(s.shop.Dir, s.ID, lab) }

// open are the desks in use, by the labs' names.
func (s *Student) open() []*Desk {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Desk
	for _, name := range slices.Sorted(maps.Keys(s.desks)) {
		out = append(out, s.desks[name])
	}
	return out
}

// Done is how many steps of a lab passed, of how many.
func (s *Student) Done(lab string) (done, of int) {
	l := s.shop.Lesson(lab)
	if l == nil {
		return 0, 0
	}
	steps := l.Checked()
	if !s.begun(lab) {
		return 0, len(steps)
	}
	d, err := s.Desk(lab)
	if err != nil {
		return 0, len(steps)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.done(steps), len(steps)
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
	limit := s.shop.Limits.Time
	return limit > 0 && now.Sub(s.since) > limit
}

// makeRoom ends machines of other desks, those not used for longest first, until the
// student may have one more.
func (s *Student) makeRoom(for_ *Desk) {
	var others []*Desk
	for _, d := range s.open() {
		if d != for_ && d.hasMachine() {
			others = append(others, d)
		}
	}
	slices.SortFunc(others, func(a, b *Desk) int { return a.lastUsed().Compare(b.lastUsed()) })
	for len(others) >= s.shop.Limits.Machines {
		others[0].endMachine("it gave way to the machine of another lab")
		others = others[1:]
	}
}

// sweep ends machines that nobody looks at, or whose student's time is over.
func (s *Student) sweep(now time.Time) {
	for _, d := range s.open() {
		switch {
		case s.timeUp(now):
			d.endMachine(ErrTimeUp.Error())
		case !d.hub.followed() && now.Sub(d.lastUsed()) > s.shop.Limits.Idle:
			d.endMachine("nobody looked at it for some time")
		}
	}
}

func (s *Student) close() {
	for _, d := range s.open() {
		d.close()
	}
}
