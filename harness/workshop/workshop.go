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

	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Kernels is the set of kernels that a workshop offers.
type Kernels interface {
	// Names returns selectors. The first is the students' kernel; the others are for
	// comparison.
	Names() []string
	// Image returns the kernel with such a name, which may have to be downloaded.
	Image(ctx context.Context, name string) (kernel.Image, error)
}

// Options configures a workshop.
type Options struct {
	Lessons  []*Lesson // in the order of the course, at the beginning: see SetCourse
	Kernels  Kernels
	Provider vms.Provider
	Agent    string // path of the guest agent's binary
	Builder  run.Builder
	Dir      string // of students' work: DIR/STUDENT/LAB
	Machines string // existing directory for the machines' consoles
	Frugal   bool   // prefer little memory to speed, for many students
	Watch    bool   // check what other programs save to the C files
	Rechecks bool   // keep the C files with which steps pass, for Workspace.Recheck
	Limits   Limits
}

// Limits bounds what one student uses. The zero value of each field stands for a
// default.
type Limits struct {
	Machines  int           // at a time, in all the student's workspaces; 2
	Jobs      int           // checks and comparisons at a time; 2
	Terminals int           // of a workspace; 4
	Memory    int64         // of a machine, in bytes; as much as the lab asks for
	CPU       int           // of a machine, in hundredths of a processor; 0 is no limit
	Idle      time.Duration // a machine ends after so long without use; 10 minutes
	Time      time.Duration // of a student in all, after which the machines end and none is started; 0 is no limit
}

// Workshop holds the workspaces of all students. Close ends their machines.
type Workshop struct {
	Options
	compilers, checks *lanes
	starts            *queue // of machines
	stop              chan struct{}
	rechecks          sync.WaitGroup

	mu       sync.Mutex
	students map[string]*Student
	archived map[string]bool
	closed   bool
}

// How much processor time a compiler, and how much time a check may take before they are
// slow (see lanes). The start of a machine does not count.
const (
	CompilerPatience = 2 * time.Second
	checkPatience    = 5 * time.Second
)

// New opens a workshop.
func New(o Options) *Workshop {
	o.Limits.Machines = cmp.Or(o.Limits.Machines, 2)
	o.Limits.Terminals = cmp.Or(o.Limits.Terminals, 4)
	o.Limits.Idle = cmp.Or(o.Limits.Idle, 10*time.Minute)
	o.Limits.Jobs = cmp.Or(o.Limits.Jobs, 2)
	slots := runtime.GOMAXPROCS(0)
	w := &Workshop{Options: o, students: map[string]*Student{}, archived: map[string]bool{}, stop: make(chan struct{}),
		compilers: newLanes(slots, 0), checks: newLanes(slots, checkPatience), starts: newQueue(slots)}
	go w.sweep()
	return w
}

// Lesson returns the lesson of the lab with a name, or nil.
func (w *Workshop) Lesson(name string) *Lesson {
	all := w.Course()
	i := slices.IndexFunc(all, func(l *Lesson) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return all[i]
}

// Student returns the student with an ID, which consists of a-z, 0-9 and "-".
func (w *Workshop) Student(id string) (*Student, error) {
	if !studentID.MatchString(id) {
		return nil, fmt.Errorf("invalid student ID %q: want a-z, 0-9 and -", id)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, errClosed
	}
	if w.archived[id] {
		return nil, errArchived
	}
	s := w.students[id]
	if s == nil {
		s = &Student{ID: id, workshop: w, workspaces: map[string]*Workspace{}, since: time.Now(), jobs: newQueue(w.Limits.Jobs)}
		w.students[id] = s
	}
	return s, nil
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
	w.rechecks.Wait()
}

// all returns the students. The caller holds the lock.
func (w *Workshop) all() []*Student {
	var out []*Student
	for _, s := range w.students {
		out = append(out, s)
	}
	return out
}

// sweepEvery is how often the workshop looks for machines that are no longer used.
const sweepEvery = 5 * time.Second

// sweep ends machines that are no longer used, until the workshop closes.
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

// machineDir creates a directory for a machine's console.
func (w *Workshop) machineDir(student, lab string) (string, error) {
	dir, err := os.MkdirTemp(w.Machines, student+"-"+lab+"-")
	if err != nil {
		return "", fmt.Errorf("create the machine's directory: %w", err)
	}
	return filepath.Abs(dir)
}
