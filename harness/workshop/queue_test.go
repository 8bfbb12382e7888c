package workshop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/vms/kernel"
)

// stuckBuilder never ends with code that says "endless", until the test's end.
type stuckBuilder struct {
	fakeBuilder
	began chan struct{}
}

func (b stuckBuilder) Object(ctx context.Context, s build.Source) (build.Object, error) {
	text, _ := s.FS.Open(s.Main)
	defer text.Close()
	code := make([]byte, 7)
	if text.Read(code); string(code) == "endless" {
		b.began <- struct{}{}
		<-ctx.Done()
		return build.Object{}, ctx.Err()
	}
	return build.Object{}, errors.New("compiled by the fake")
}

// noKernels has names of kernels, which are not there.
type noKernels struct{}

func (noKernels) Names() []string { return []string{"7.3", "5.10"} }
func (noKernels) Image(context.Context, string) (kernel.Image, error) {
	return kernel.Image{}, errors.New("no image")
}

// classroom returns a workshop with a builder that is stuck in code that says so.
func classroom(t *testing.T, limits Limits) (*Workshop, stuckBuilder) {
	b := stuckBuilder{began: make(chan struct{}, 100)}
	l := testLesson()
	l.Steps[0].Comment, l.Steps[1].Comment = 1, 1
	l.Tree = run.Tree{FS: overlay{nil, "first.bpf.c", nil}}
	w := New(Options{Dir: t.TempDir(), Lessons: []*Lesson{l}, Kernels: noKernels{}, Builder: b, Limits: limits})
	t.Cleanup(w.Close)
	return w, b
}

func workspaceOf(t *testing.T, w *Workshop, student, code string) *Workspace {
	t.Helper()
	s, err := w.Student(student)
	if err != nil {
		t.Fatal(err)
	}
	ws, err := s.Workspace("first")
	if err == nil {
		_, err = ws.Save(code, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// TestNobodyWaitsForOneStudent has one student check and compare code that never
// compiles, and then a second one. A neighbour's check ends meanwhile.
func TestNobodyWaitsForOneStudent(t *testing.T) {
	w, b := classroom(t, Limits{Jobs: 1})
	w.compilers = newLanes(2, 10*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	var hostile sync.WaitGroup
	for _, name := range []string{"eve", "mallory"} {
		ws := workspaceOf(t, w, name, "endless")
		hostile.Go(func() { ws.Check(ctx, "one") })
		<-b.began
		hostile.Go(func() { ws.Compare(ctx, "5.10", "one") })
	}
	defer hostile.Wait()
	defer cancel()
	within, done := context.WithTimeout(t.Context(), 30*time.Second)
	defer done()
	r, err := workspaceOf(t, w, "ada", "short").Check(within, "one")
	if err != nil || r.Stage != StageBuild || !strings.Contains(r.Checks[0].Seen, "compiled by the fake") {
		t.Errorf("the neighbour's check: %+v %v", r, err)
	}
	if len(b.began) != 0 {
		t.Error("a hostile student has two compilers at a time")
	}
}

// TestSlowStudentsWait has a student's next job begin in the slow lane, where another one
// is, until the student is quick again.
func TestSlowStudentsWait(t *testing.T) {
	l := newLanes(1, time.Hour)
	l.note("eve", true)
	l.note("mallory", true)
	first, err := l.enter(t.Context(), "mallory", func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	ahead := make(chan int, 1)
	entered := make(chan *turn)
	go func() {
		second, _ := l.enter(t.Context(), "eve", func(n int) { ahead <- n })
		entered <- second
	}()
	if n := <-ahead; n != 0 {
		t.Errorf("%d wait before", n)
	}
	quick, err := l.enter(t.Context(), "ada", func(int) { t.Error("a quick student waits") })
	if err != nil {
		t.Fatal(err)
	}
	quick.leave()
	first.leave()
	(<-entered).leave()
	if l.isSlow("eve") || l.slow.free != 1 || l.quick.free != 1 {
		t.Errorf("afterwards: %+v", l)
	}
}

// TestQueue has jobs wait, which learn their places; one gives up.
func TestQueue(t *testing.T) {
	q := newQueue(1)
	if err := q.acquire(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	places := map[string][]int{}
	moved := func(name string) func(int) {
		return func(n int) { mu.Lock(); defer mu.Unlock(); places[name] = append(places[name], n) }
	}
	first := q.join(moved("first"))
	ctx, giveUp := context.WithCancel(t.Context())
	second := make(chan error)
	go func() { second <- q.acquire(ctx, moved("second")) }()
	for !slices.Equal(placesOf(&mu, places, "second"), []int{1}) {
		time.Sleep(time.Millisecond)
	}
	third := q.join(moved("third"))
	giveUp()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	q.release()
	<-first.turn
	q.release()
	<-third.turn
	q.release()
	want := map[string][]int{"first": {0, 0}, "second": {1}, "third": {2, 1, 0}}
	for name, w := range want {
		if got := placesOf(&mu, places, name); !slices.Equal(got, w) {
			t.Errorf("%s: places %d, want %d", name, got, w)
		}
	}
	if q.free != 1 {
		t.Errorf("%d slots are free", q.free)
	}
}

func placesOf(mu *sync.Mutex, places map[string][]int, name string) []int {
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(places[name])
}

// TestWaitingIsShown has a student wait for a compiler: the view says behind how many.
func TestWaitingIsShown(t *testing.T) {
	w, b := classroom(t, Limits{Jobs: 1})
	w.compilers = newLanes(1, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	var checks sync.WaitGroup
	defer checks.Wait()
	defer cancel()
	eve := workspaceOf(t, w, "eve", "endless")
	checks.Go(func() { eve.Check(ctx, "one") })
	<-b.began
	for i, name := range []string{"ada", "bob"} {
		ws := workspaceOf(t, w, name, "short")
		events, stop := ws.Subscribe()
		defer stop()
		checks.Go(func() { ws.Check(ctx, "one") })
		for v := ws.View(); v.Busy != BusyWaiting || v.Ahead != i; v = ws.View() {
			select {
			case <-events:
			case <-time.After(30 * time.Second):
				t.Fatalf("%s: %+v", name, v)
			}
		}
	}
}
