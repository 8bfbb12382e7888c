package term

import (
	"context"

	"github.com/bpflab/bpflab/harness/workshop"
)

// course is a student's.
type course interface {
	labs() []entry
	kernels() []string // the first is the student's own
	open(lab string) (*labSession, error)
}

// entry is a lab of the course.
type entry struct {
	name, title, duration string
	done, of              int // steps
}

// desk is what the face needs of a *workshop.Desk.
type workspace interface {
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
type labSession struct {
	workspace
	lesson *workshop.Lesson
	shell  func(context.Context) error
	events <-chan workshop.Event
	stop   func()
}

// follow begins to hear of what goes on at the desk.
func (s *labSession) follow() { s.events, s.stop = s.Subscribe() }

// attendance is a student's in a workshop.
type studentCourse struct{ Options }

func (a studentCourse) labs() []entry {
	var out []entry
	for _, l := range a.Workshop.Lessons {
		done, of := a.Student.Done(l.Name)
		out = append(out, entry{l.Name, l.Title, l.Duration, done, of})
	}
	return out
}

func (a studentCourse) kernels() []string { return a.Workshop.Kernels.Names() }

func (a studentCourse) open(lab string) (*labSession, error) {
	d, err := a.Student.Workspace(lab)
	if err != nil {
		return nil, err
	}
	shell := func(ctx context.Context) error { return a.Shell(ctx, d) }
	return &labSession{workspace: d, lesson: d.Lesson, shell: shell}, nil
}
