package term

import (
	"context"

	"github.com/bpflab/bpflab/harness/workshop"
)

// course is the course of one student.
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

// workspace is the part of *workshop.Workspace that this front end uses.
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

// labSession is the lab that is on the screen.
type labSession struct {
	workspace
	lesson *workshop.Lesson
	shell  func(context.Context) error
	events <-chan workshop.Event
	stop   func()
}

// subscribe subscribes to the workspace's events.
func (s *labSession) subscribe() { s.events, s.stop = s.Subscribe() }

// studentCourse is the course of a student in a workshop.
type studentCourse struct{ Options }

func (a studentCourse) labs() []entry {
	var out []entry
	for _, l := range a.Workshop.Course() {
		done, of := a.Student.Done(l.Name)
		out = append(out, entry{l.Name, l.Title, l.Duration, done, of})
	}
	return out
}

func (a studentCourse) kernels() []string { return a.Workshop.Kernels.Names() }

func (a studentCourse) open(lab string) (*labSession, error) {
	d, err := a.Student.Renew(lab)
	if err != nil {
		return nil, err
	}
	shell := func(ctx context.Context) error { return a.Shell(ctx, d) }
	return &labSession{workspace: d, lesson: d.Lesson, shell: shell}, nil
}
