package term

import (
	"context"

	"github.com/bpflab/bpflab/harness/workshop"
)

// course is a student's.
type course interface {
	labs() []entry
	kernels() []string // the first is the student's own
	sit(lab string) (*seat, error)
}

// entry is a lab of the course.
type entry struct {
	name, title, duration string
	done, of              int // steps
}

// desk is what the face needs of a *workshop.Desk.
type desk interface {
	View() workshop.View
	CodePath() string
	Subscribe() (events <-chan workshop.Event, stop func())
	Show(shown bool)
	Warm(ctx context.Context)
	Goto(step string) error
	Check(ctx context.Context, step string) (*workshop.Report, error)
	Compare(ctx context.Context, kernel, step string) (*workshop.Report, error)
	Hint(step string) (hint string, left int, err error)
	Solve(step string) (text, code string, err error)
	Reset(ctx context.Context, code bool) error
}

// seat is the desk that the face shows.
type seat struct {
	desk
	lesson *workshop.Lesson
	shell  func(context.Context) error
	events <-chan workshop.Event
	stop   func()
}

// follow begins to hear of what goes on at the desk.
func (s *seat) follow() { s.events, s.stop = s.Subscribe() }

// attendance is a student's in a workshop.
type attendance struct{ Options }

func (a attendance) labs() []entry {
	var out []entry
	for _, l := range a.Workshop.Lessons {
		done, of := a.Student.Done(l.Name)
		out = append(out, entry{l.Name, l.Title, l.Duration, done, of})
	}
	return out
}

func (a attendance) kernels() []string { return a.Workshop.Kernels.Names() }

func (a attendance) sit(lab string) (*seat, error) {
	d, err := a.Student.Desk(lab)
	if err != nil {
		return nil, err
	}
	shell := func(ctx context.Context) error { return a.Shell(ctx, d) }
	return &seat{desk: d, lesson: d.Lesson, shell: shell}, nil
}
