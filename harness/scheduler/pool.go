package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Options configures a Pool.
type Options struct {
	Provider vms.Provider
	Caps     vms.Caps // the provider's
	Agent    string   // path of the guest agent's binary
	Foreign  Foreign  // nil where there are no programs for machines of other architectures
	Dir      string   // the result directory, which exists
	Jobs     int      // machines at a time; 0 means Caps.Jobs, else one per core
	Memory   int64    // bytes that all machines together may come to hold; 0: what the host has
	Retries  int      // further machines for a task whose machine failed
	Cold     bool     // boot, never fork

	// AllowSplats are the reports of kernels that are no failure.
	AllowSplats session.AllowSplats

	// Host measures the memory of the host that the machines are on; nil is this
	// host, or no bound where the provider's machines are elsewhere.
	Host func() Memory
}

// Foreign returns the paths of the guest agent and of a static busybox for machines of another
// architecture than this host's.
type Foreign func(ctx context.Context, arch kernel.Arch) (agent, busybox string, err error)

// Pool starts machines. Its methods are safe for concurrent use.
type Pool struct {
	Options
	admission *admission
}

// New returns a pool without a machine.
func New(o Options) *Pool {
	l := limits{jobs: o.Jobs, memory: o.Memory, elsewhere: o.Caps.Jobs > 0}
	if l.jobs <= 0 {
		l.jobs = o.Caps.Jobs
	}
	host := o.Host
	if host == nil {
		host = l.meter()
	}
	return &Pool{Options: o, admission: newAdmission(l, host)}
}

// Jobs returns how many machines the pool has at a time, at most.
func (p *Pool) Jobs() int { return p.admission.jobs }

// Task is something to do in a machine.
type Task struct {
	// Class is what the machine is used for: the machines of one class, kernel and
	// size come to hold about as much of the host's memory.
	Class string
	// Machine is the machine to start. Agent, Busybox, Dir and Cold are the pool's to fill in.
	Machine vms.Spec
	// Dir returns the directory of the task's nth machine, from 1, below the pool's.
	Dir func(n int) string
}

// Each calls do for every task, in a goroutine and with a slot of its own. Slots
// are given in the tasks' order, and taken back when do returns. Where ctx ends
// first, the slot is nil. Each returns when all calls have returned.
func (p *Pool) Each(ctx context.Context, tasks []Task, do func(i int, slot *Slot)) {
	defer p.admission.keep()()
	began := time.Now()
	var calls sync.WaitGroup
	alike := countAlike(tasks)
	for i, t := range tasks {
		alike[likeness(t)]--
		t.Machine.Alike = alike[likeness(t)]
		slot := p.enter(ctx, t)
		if slot != nil {
			slot.Wait = time.Since(began).Seconds()
		}
		calls.Go(func() {
			do(i, slot)
			slot.leave()
		})
	}
	calls.Wait()
}

// countAlike returns how many tasks want machines like each other, by likeness.
func countAlike(tasks []Task) map[string]int {
	out := map[string]int{}
	for _, t := range tasks {
		out[likeness(t)]++
	}
	return out
}

// likeness returns what is equal for machines that are alike.
func likeness(t Task) string {
	m := t.Machine.Sized()
	return fmt.Sprint(m.Kernel.SHA256, m.Kernel.Variant, m.Memory, m.CPUs, m.Modules, m.LSM, m.Rootfs)
}

// enter waits for a slot; it is nil if ctx ended first.
func (p *Pool) enter(ctx context.Context, t Task) *Slot {
	t.Machine = t.Machine.Sized()
	slot, err := p.admission.enter(ctx, classOf(t))
	if err != nil {
		return nil
	}
	slot.pool, slot.task = p, t
	return slot
}

func classOf(t Task) class {
	return class{t.Class, t.Machine.Kernel.SHA256, memoryOf(t)}
}

// memoryOf returns the memory of the task's machine, in bytes.
func memoryOf(t Task) int64 { return cmp.Or(t.Machine.Memory, vms.DefaultMemory) }

// Attempt is one machine of a task.
type Attempt struct {
	Session *session.Session // open while it is used; nil if the machine did not start
	Machine vms.Info         // Console and Where are known of some machines that did not start, too
	Console string           // path of the console log below the pool's directory
	Start   float64          // seconds until the machine's agent answered
	Notes   []string         // what the user should know: of the machine's start, and of its end
	Err     error            // why the machine failed; nil if it did not
}
