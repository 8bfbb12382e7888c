package limits

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// Options configures a measurement.
type Options struct {
	Pool    *scheduler.Pool
	Only    []string // names of limits, with wildcards; empty means all
	OnLimit func(Limit)
}

// memory of a machine, in bytes: the verifier of 7.3 takes more than a gigabyte
// for a million instructions.
const memory = 3 << 30

// tryTimeout is how long one program may take the verifier, on a usual host.
const tryTimeout = 5 * time.Minute

// Run measures the limits of all kernels. The limits of one are measured in as many
// machines at a time as the pool has; a probe that kills its machine costs that limit
// only.
func Run(ctx context.Context, images []kernel.Image, o Options) Report {
	r := Report{Schema: Schema, Kernels: make([]verdict.Kernel, len(images))}
	run := &measurement{Options: o, report: &r}
	var machines []scheduler.Task
	var lanes []*queue
	for i, image := range images {
		r.Kernels[i] = session.KernelOf(image)
		q := &queue{image: image, kernel: i, tasks: o.tasks()}
		for lane := range min(o.Pool.Jobs(), len(q.tasks)) {
			machines, lanes = append(machines, q.machine(lane)), append(lanes, q)
		}
	}
	o.Pool.Each(ctx, machines, func(i int, slot *scheduler.Slot) { run.lane(ctx, lanes[i], slot) })
	r.sort()
	return r
}

// task is one limit to measure.
type task struct {
	subject subject
	root    bool
	failed  int // machines that failed it
}

// tasks returns all limits to measure on a kernel, those that take long first.
func (o Options) tasks() []task {
	var out []task
	for _, s := range subjects {
		if len(o.Only) > 0 && !slices.ContainsFunc(o.Only, func(pattern string) bool { return matches(pattern, s.name) }) {
			continue
		}
		out = append(out, task{subject: s, root: true})
		if s.target == "" {
			out = append(out, task{subject: s})
		}
	}
	slices.SortStableFunc(out, func(a, b task) int { return cmp.Compare(a.weight(), b.weight()) })
	return out
}

func (t task) weight() int {
	switch {
	case t.subject.heavy && t.root:
		return 0
	case t.subject.heavy:
		return 1
	}
	return 2
}

// sort brings the limits into the order of a report.
func (r *Report) sort() {
	kernels := map[string]int{}
	for i, k := range r.Kernels {
		kernels[k.Selector] = i
	}
	names := Names()
	slices.SortStableFunc(r.Limits, func(a, b Limit) int {
		return cmp.Or(cmp.Compare(kernels[a.Kernel], kernels[b.Kernel]), rank(a)-rank(b), slices.Index(names, a.Name)-slices.Index(names, b.Name))
	})
}

func rank(l Limit) int {
	if l.Privileged {
		return 0
	}
	return 1
}

// queue is what is to be measured on one kernel.
type queue struct {
	image  kernel.Image
	kernel int // its index
	lanes  int // that have not ended

	mu    sync.Mutex
	tasks []task
}

// machine asks for a machine for one of the kernel's lanes. Each is of a class of its
// own: what one lane's machine came to hold is no measure of what the next one's will.
func (q *queue) machine(lane int) scheduler.Task {
	q.lanes++
	return scheduler.Task{
		Class:   fmt.Sprintf("limits-%d", lane),
		Machine: vms.Spec{Kernel: q.image, Memory: memory},
		Dir: func(n int) string {
			return filepath.Join("machines", fmt.Sprintf("%03d-%d-%d", q.kernel, lane, n-1))
		},
	}
}

// next takes the next limit off the queue.
func (q *queue) next() (task, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.tasks) == 0 {
		return task{}, false
	}
	t := q.tasks[0]
	q.tasks = q.tasks[1:]
	return t, true
}

// again puts a limit back, as the first.
func (q *queue) again(t task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks = slices.Insert(q.tasks, 0, t)
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks) == 0
}

// lost returns what is left of the queue when its last lane ends.
func (q *queue) lost() []task {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lanes--; q.lanes > 0 {
		return nil
	}
	return q.tasks
}

// measurement is a run on all kernels.
type measurement struct {
	Options
	mu     sync.Mutex
	report *Report
}

// lane measures limit after limit of one kernel in one machine, until none is left.
func (m *measurement) lane(ctx context.Context, q *queue, slot *scheduler.Slot) {
	var err error
	if slot != nil && !q.empty() {
		err = slot.Do(ctx, func(ctx context.Context, a *scheduler.Attempt) error { return m.drain(ctx, q, a.Session) }, nil)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	for _, t := range q.lost() {
		m.note(q, t.limit(q, boundary{}, 0, err))
	}
}

// drain measures what is in the queue, until it is empty or the machine fails. A limit
// that has failed as many machines as the pool retries has no figure.
func (m *measurement) drain(ctx context.Context, q *queue, s *session.Session) error {
	m.mu.Lock()
	m.report.Kernels[q.kernel].Release = s.Ready.Release
	m.mu.Unlock()
	for {
		t, ok := q.next()
		if !ok {
			return nil
		}
		began := time.Now()
		b, err := t.bisect(ctx, s)
		if err != nil && t.failed < m.Pool.Retries && ctx.Err() == nil {
			t.failed++
			q.again(t)
		} else {
			m.note(q, t.limit(q, b, time.Since(began).Seconds(), err))
		}
		if err != nil && !q.empty() {
			return scheduler.Another(err)
		}
	}
}

// limit makes a record of what was found, or of why nothing was.
func (t task) limit(q *queue, b boundary, seconds float64, err error) Limit {
	l := Limit{Kernel: q.image.Selector, Privileged: t.root, Name: t.subject.name, Type: t.subject.programType(), Seconds: seconds}
	if err != nil {
		l.Status, l.Error = Failed, err.Error()
		if session.VerdictOf(err) == verdict.Unsupported {
			l.Status = Unsupported
		}
		return l
	}
	l.set(t.subject, b)
	return l
}

func (m *measurement) note(q *queue, l Limit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.report.Limits = append(m.report.Limits, l)
	if m.OnLimit != nil {
		m.OnLimit(l)
	}
}

func (t task) bisect(ctx context.Context, s *session.Session) (boundary, error) {
	return bisect(t.subject, func(n int) (answer, error) {
		ctx, cancel := context.WithTimeout(ctx, s.Limit(tryTimeout))
		defer cancel()
		var res wire.ProbeResult
		err := s.Call(ctx, wire.OpProbe, wire.Probe{Kind: t.subject.kindFor(t.root), Type: t.subject.target, N: n, User: !t.root}, &res, wire.IO{})
		switch {
		case err != nil:
			return answer{}, err
		case res.Errno == "ENOMEM":
			return answer{}, fmt.Errorf("the kernel says ENOMEM to a program of size %d: %w", n, vms.ErrMemory)
		case slices.Contains(notLimits, res.Errno):
			return answer{}, fmt.Errorf("the kernel says %s, which is no limit of the verifier's", res.Errno)
		}
		return answer{n: n, accepted: res.Accepted, errno: res.Errno, message: probe.Complaint(res.Log)}, nil
	})
}

// notLimits are errors of the machine, and not of the verifier.
var notLimits = []string{"EAGAIN", "EINTR", "ENOSPC"}
