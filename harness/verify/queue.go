package verify

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/bpflab/bpflab/harness/annotation"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/kernel"
)

// pending is a program that was not verified yet.
type pending struct {
	object  *Object
	program Program
	loader  string
	at      int  // its place in the results
	failed  int  // machines that failed it
	second  bool // another loader did not load it

	test *annotation.Test // what is expected of it, nil if nobody asked
	with []string         // programs to load before it
}

// result returns the program's result on no kernel.
func (p pending) result() Result {
	name := p.program.Name
	if p.test != nil {
		name = p.test.Name()
	}
	return Result{Object: p.object.Name, Program: name, Preset: p.object.preset, Prepared: slices.Clone(p.object.notes), Section: p.program.Section, Type: p.program.Type, Loader: p.loader, second: p.second}
}

// queue holds the programs that a kernel is asked about, for its workers, and collects their
// results. Its methods are safe for concurrent use.
type queue struct {
	mu      sync.Mutex
	batches [][]pending // of one object each, not empty
	asked   int         // how many programs a kernel is asked about, by one loader or the other
	results []placed
	err     error // of the last machine that failed
}

// placed is a result with its place.
type placed struct {
	Result
	at int
}

// batch is how many programs of an object a worker takes at a time, and perMachine how many
// each machine has at least: starting one takes as long as a few programs.
const (
	batch      = 8
	perMachine = 8
)

func newQueue(objects []*Object, options Options) *queue {
	q, at := &queue{}, 0
	for _, o := range objects {
		all := o.pending(options)
		for i := range all {
			all[i].at, at = at, at+1
			r, unasked := options.unaskedOf(all[i], all[i].result())
			if _, another := options.second(all[i], r, kernel.Image{}); !unasked || another {
				q.asked++
			}
		}
		q.batches = slices.AppendSeq(q.batches, slices.Chunk(all, batch))
	}
	return q
}

// pending lists the object's programs, each with the loaders that are to load it. An object
// that was not read is one without a program.
func (o *Object) pending(options Options) (all []pending) {
	loaders := options.loadersOf(o)
	if o.unread != nil {
		all = append(all, pending{object: o, loader: loaders[0]})
	}
	if options.Expect && o.annotations != nil {
		return append(all, o.tests(options.kernel)...)
	}
	for _, p := range o.Programs {
		for _, loader := range loaders {
			all = append(all, pending{object: o, program: p, loader: loader})
		}
	}
	return all
}

// machines returns how many machines verify on each of some kernels at a time: together as
// many as the pool has, none if the kernel is not asked about any program.
func (q *queue) machines(pool *scheduler.Pool, kernels int) int {
	if q.asked == 0 {
		return 0
	}
	share := (pool.Jobs() + kernels - 1) / kernels
	return max(1, min(share, q.asked/perMachine, len(q.batches)))
}

// next takes the next programs, all of one object. There are none if it returns nil.
func (q *queue) next() []pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.batches) == 0 {
		return nil
	}
	first := q.batches[0]
	q.batches = q.batches[1:]
	return first
}

// put adds the result of a program.
func (q *queue) put(p pending, r Result) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.results = append(q.results, placed{r, p.at})
}

// inOrder returns the results in the order of the programs, and for one that both loaders
// tried in the order of the tries.
func (q *queue) inOrder() (out []Result) {
	q.mu.Lock()
	defer q.mu.Unlock()
	slices.SortStableFunc(q.results, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	for _, p := range q.results {
		out = append(out, p.Result)
	}
	return out
}

// fail notes why a machine failed.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
}

// failure returns why the last machine failed.
func (q *queue) failure() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return cmp.Or(q.err, errNoMachine)
}

var errNoMachine = errors.New("no machine was started for it")
