package limits

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// Options says with what to measure.
type Options struct {
	Provider vms.Provider
	Agent    string   // path of the guest agent's binary
	Dir      string   // the result directory, which exists
	Jobs     int      // machines at one time; 0 means one a core, at most four
	Only     []string // names of limits; empty means all
	OnLimit  func(Limit)
}

// memory of a machine, in bytes: the verifier of 7.3 takes more than a gigabyte
// for a million instructions.
const memory = 3 << 30

// tryTimeout is how long one program may take the verifier.
const tryTimeout = 5 * time.Minute

// Run measures the limits of all kernels. The limits of one are measured in
// several machines at a time; a probe that kills its machine costs that limit only.
func Run(ctx context.Context, images []kernel.Image, o Options) Report {
	r := Report{Schema: Schema, Kernels: make([]verdict.Kernel, len(images))}
	for i, image := range images {
		r.Kernels[i] = verdict.Kernel{Selector: image.Selector, Release: image.Release, Source: image.Source,
			Package: image.Package, Version: image.PkgVer, SHA256: image.SHA256}
	}
	queue := o.queue(images)
	r.Limits = make([]Limit, len(queue))
	next := make(chan int)
	var group errgroup.Group
	var mu sync.Mutex
	for i := range cmp.Or(o.Jobs, min(4, runtime.NumCPU())) {
		w := &worker{Options: o, index: i}
		group.Go(func() error {
			defer w.leave()
			for at := range next {
				l := w.measure(ctx, queue[at])
				mu.Lock()
				r.Limits[at] = l
				if w.release != "" {
					r.Kernels[queue[at].kernel].Release = w.release
				}
				if o.OnLimit != nil {
					o.OnLimit(l)
				}
				mu.Unlock()
			}
			return nil
		})
	}
	for i := range queue {
		next <- i
	}
	close(next)
	group.Wait()
	r.sort()
	return r
}

// task is one limit to measure.
type task struct {
	subject subject
	image   kernel.Image
	kernel  int // its index
	root    bool
}

// queue has all tasks, those that take long first within a kernel's.
func (o Options) queue(images []kernel.Image) []task {
	var out []task
	for i, image := range images {
		var some []task
		for _, s := range subjects {
			if len(o.Only) > 0 && !slices.Contains(o.Only, s.name) {
				continue
			}
			some = append(some, task{s, image, i, true}, task{s, image, i, false})
		}
		slices.SortStableFunc(some, func(a, b task) int { return cmp.Compare(a.weight(), b.weight()) })
		out = append(out, some...)
	}
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

// worker measures limit after limit, in one machine while the kernel is the same.
type worker struct {
	Options
	index    int
	machines int // started so far
	kernel   int // of the machine
	release  string
	session  *session.Session
	done     func()
}

func (w *worker) measure(ctx context.Context, t task) Limit {
	l := Limit{Kernel: t.image.Selector, Privileged: t.root, Name: t.subject.name}
	began := time.Now()
	b, err := w.bisect(ctx, t)
	l.Seconds = time.Since(began).Seconds()
	if err != nil {
		w.leave()
		l.Status, l.Error = Failed, err.Error()
		return l
	}
	l.set(t.subject, b)
	return l
}

func (w *worker) bisect(ctx context.Context, t task) (boundary, error) {
	if err := w.ready(ctx, t); err != nil {
		return boundary{}, err
	}
	return bisect(t.subject, func(n int) (answer, error) {
		ctx, cancel := context.WithTimeout(ctx, tryTimeout)
		defer cancel()
		var res wire.ProbeResult
		err := w.session.Call(ctx, wire.OpProbe, wire.Probe{Kind: t.subject.kindFor(t.root), N: n, User: !t.root, Brief: true}, &res, wire.IO{})
		if err != nil {
			return answer{}, err
		}
		if slices.Contains(notLimits, res.Errno) {
			return answer{}, fmt.Errorf("the kernel says %s, which is no limit of the verifier's", res.Errno)
		}
		return answer{n: n, accepted: res.Accepted, errno: res.Errno, message: probe.Complaint(res.Log)}, nil
	})
}

// notLimits are errors that tell of the machine, and not of the verifier.
var notLimits = []string{"ENOMEM", "EAGAIN", "EINTR", "ENOSPC"}

// ready sees to a machine of the task's kernel.
func (w *worker) ready(ctx context.Context, t task) error {
	if err := ctx.Err(); err != nil {
		return errors.New("interrupted")
	}
	if w.session != nil && w.kernel == t.kernel {
		return nil
	}
	w.leave()
	dir := filepath.Join(w.Dir, "machines", fmt.Sprintf("%03d-%d-%d", t.kernel, w.index, w.machines))
	w.machines++
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	s, done, err := session.Start(ctx, w.Provider, vms.Spec{Kernel: t.image, Agent: w.Agent, Memory: memory, Dir: dir})
	if err != nil {
		return err
	}
	w.session, w.done, w.kernel, w.release = s, done, t.kernel, s.Ready.Release
	return nil
}

// leave closes the machine, if there is one.
func (w *worker) leave() {
	if w.session != nil {
		w.done()
	}
	w.session, w.release = nil, ""
}
