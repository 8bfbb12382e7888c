package workshop

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Kernels are those that labs are done on.
type Kernels interface {
	// Names are selectors; the first is the students' own kernel, the others are there
	// to compare with.
	Names() []string
	// Image is the kernel of such a name; it may have to be fetched.
	Image(ctx context.Context, name string) (kernel.Image, error)
}

// Options is what a workshop stands on.
type Options struct {
	Lessons  []*Lesson // in the order of the course
	Kernels  Kernels
	Provider vms.Provider
	Agent    string // path of the guest agent's binary
	Builder  run.Builder
	Dir      string // where students' work is kept: DIR/STUDENT/LAB
	Machines string // existing directory for the machines' consoles
	Frugal   bool   // machines of many students: little memory before speed
	Watch    bool   // look for saves that other programs make in the C files
	Limits   Limits
}

// Limits bound what one student takes. The zero value of each is a default.
type Limits struct {
	Machines  int           // at one time, of all the student's desks; 2
	Terminals int           // of a desk; 4
	Memory    int64         // of a machine, in bytes; as much as the lab wants
	CPU       int           // of a machine, in hundredths of a processor; 0 is as much as there is
	Idle      time.Duration // a machine ends that nobody looked at for so long; 10 minutes
	Time      time.Duration // machines end, and none is started, so long after the student came; 0 is for ever
}

// Workshop holds the desks of all students. Close ends their machines.
type Workshop struct {
	Options
	work *semaphore.Weighted // builds and checks at one time
	stop chan struct{}

	mu       sync.Mutex
	students map[string]*Student
	closed   bool
}

// New opens a workshop.
func New(o Options) *Workshop {
	o.Limits.Machines = cmp.Or(o.Limits.Machines, 2)
	o.Limits.Terminals = cmp.Or(o.Limits.Terminals, 4)
	o.Limits.Idle = cmp.Or(o.Limits.Idle, 10*time.Minute)
	w := &Workshop{Options: o, students: map[string]*Student{}, stop: make(chan struct{}),
		work: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))}
	go w.sweep()
	return w
}

// Lesson is the one of a lab's name, nil if there is none.
func (w *Workshop) Lesson(name string) *Lesson {
	i := slices.IndexFunc(w.Lessons, func(l *Lesson) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return w.Lessons[i]
}

// Student is the one of an ID, which is made of a-z, 0-9 and "-".
func (w *Workshop) Student(id string) (*Student, error) {
	if !studentID.MatchString(id) {
		return nil, fmt.Errorf("a student's ID is made of a-z, 0-9 and -, and %q is none", id)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, errClosed
	}
	s := w.students[id]
	if s == nil {
		s = &Student{ID: id, workshop: w, workspaces: map[string]*Workspace{}, since: time.Now(), checking: make(chan struct{}, 1), comparing: make(chan struct{}, 1)}
		w.students[id] = s
	}
	return s, nil
}

// Dismiss ends the machines of a student, who may come again.
func (w *Workshop) Dismiss(id string) {
	w.mu.Lock()
	s := w.students[id]
	delete(w.students, id)
	w.mu.Unlock()
	if s != nil {
		s.close()
	}
}

// Close ends all machines. Students' work is on disk already.
func (w *Workshop) Close() {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.closed = true
	close(w.stop)
	students := w.all()
	w.mu.Unlock()
	var ended sync.WaitGroup
	for _, s := range students {
		ended.Go(s.close)
	}
	ended.Wait()
}

// all are the students. The caller holds the lock.
func (w *Workshop) all() []*Student {
	var out []*Student
	for _, s := range w.students {
		out = append(out, s)
	}
	return out
}

// sweepEvery is how often machines are looked for that nobody looks at.
const sweepEvery = 5 * time.Second

func (w *Workshop) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-w.stop:
			return
		}
		w.mu.Lock()
		students := w.all()
		w.mu.Unlock()
		for _, s := range students {
			s.sweep(time.Now())
		}
	}
}

// machineDir is a new directory for a machine's console.
func (w *Workshop) machineDir(student, lab string) (string, error) {
	dir, err := os.MkdirTemp(w.Machines, student+"-"+lab+"-")
	if err != nil {
		return "", fmt.Errorf("the machine's directory: %w", err)
	}
	return filepath.Abs(dir)
}
