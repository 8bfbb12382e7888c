package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// objectsOf returns objects with so many programs each.
func objectsOf(programs ...int) (all []*Object) {
	for i, n := range programs {
		o := &Object{Name: fmt.Sprintf("%d.o", i), ELF: []byte("o")}
		for p := range n {
			o.Programs = append(o.Programs, Program{Name: fmt.Sprint("p", p), Section: "xdp"})
		}
		all = append(all, o)
	}
	return all
}

func jobs(t *testing.T, n int, provider *vmstest.Fake) *scheduler.Pool {
	return scheduler.New(scheduler.Options{Provider: provider, Dir: t.TempDir(), Jobs: n,
		Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
}

func TestMachinesOfAKernel(t *testing.T) {
	for name, test := range map[string]struct {
		objects       []*Object
		jobs, kernels int
		want          int
	}{
		"one small object":           {objectsOf(2), 4, 1, 1},
		"an object of many programs": {objectsOf(33), 4, 1, 4},
		"many objects":               {objectsOf(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 4, 1, 2},
		"as many kernels as slots":   {objectsOf(100), 4, 4, 1},
		"more kernels than slots":    {objectsOf(100), 4, 7, 1},
		"some slots are left":        {objectsOf(100), 4, 3, 2},
		"nothing is asked":           {[]*Object{unreadable("a.o", "no")}, 4, 1, 0},
		"no objects":                 {nil, 4, 1, 0},
	} {
		if got := newQueue(test.objects, Options{}).machines(jobs(t, test.jobs, &vmstest.Fake{}), test.kernels); got != test.want {
			t.Errorf("%s: %d machines, want %d", name, got, test.want)
		}
	}
}

// Whichever machine is faster, results are in the order of objects and programs, and those of
// one program in the order in which they were put.
func TestQueueKeepsTheOrder(t *testing.T) {
	q := newQueue(objectsOf(2*batch, 1), Options{})
	a, b, c := q.next(), q.next(), q.next()
	if len(a) != batch || len(b) != batch || len(c) != 1 || q.next() != nil {
		t.Fatalf("batches of %d, %d and %d programs", len(a), len(b), len(c))
	}
	for _, p := range slices.Concat(c, b, a) {
		q.put(p, p.result())
		again := p
		again.second = true
		q.put(again, again.result())
	}
	var got []string
	for i, r := range q.inOrder() {
		if r.second != (i%2 == 1) {
			t.Errorf("result %d is of the second loader: %t", i, r.second)
		}
		got = append(got, r.Object+" "+r.Program)
	}
	if len(got) != 2*(2*batch+1) || got[0] != "0.o p0" || got[3] != "0.o p1" || got[len(got)-1] != "1.o p0" {
		t.Errorf("%q", got)
	}
}

// One kernel has all the slots. A program that kills its machine costs no other one, and a
// machine that does not start leaves its programs to nobody, but the others go on.
func TestRunOnSeveralMachines(t *testing.T) {
	var asked atomic.Int32
	answers := func(n int, console string) map[string]wire.Handler {
		handlers := fakeAnswers(t)(n, console)
		verify := handlers[wire.OpVerify]
		handlers[wire.OpVerify] = func(ctx context.Context, req *wire.Request) (any, error) {
			asked.Add(1)
			return verify(ctx, req)
		}
		return handlers
	}
	provider := &vmstest.Fake{Answers: answers, OnStart: func(n int) error {
		if n == 2 {
			return errors.New("no room")
		}
		return nil
	}}
	objects, kernels := objectsOf(7, 20, 1, 30), []kernel.Image{{Selector: "6.1", Series: "6.1"}}
	results := Run(t.Context(), objects, kernels, Options{Pool: jobs(t, 2, provider)})
	if provider.Started.Load() != 2 {
		t.Errorf("%d machines", provider.Started.Load())
	}
	at, infra := 0, 0
	for _, o := range objects {
		for _, p := range o.Programs {
			if r := results[at]; r.Object != o.Name || r.Program != p.Name || r.Accepted == (r.Infra != "") {
				t.Fatalf("result %d: %+v; want one of %s in %s", at, r, p.Name, o.Name)
			} else if r.Infra != "" {
				infra++
			}
			at++
		}
	}
	if at != len(results) || int(asked.Load())+infra != at || infra == 0 || infra > batch {
		t.Errorf("%d results of %d programs: %d asked, %d could not be", len(results), at, asked.Load(), infra)
	}
}
