package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// The pools of these tests have vmstest's fake machines and synctest's clock, which
// also fails a test that leaves a goroutine behind.

func testPool(t *testing.T, p *vmstest.Fake, o Options) *Pool {
	o.Provider, o.Caps, o.Dir = p, p.Has, t.TempDir()
	if o.Host == nil {
		o.Host = func() Memory { return Memory{64 * gib, 64 * gib} }
	}
	return New(o)
}

// onKernels returns tasks of one class, one for each of n kernels.
func onKernels(n int, memory int64) []Task {
	var out []Task
	for i := range n {
		out = append(out, Task{Class: "test", Machine: vms.Spec{Kernel: kernel.Image{SHA256: fmt.Sprint(i)}, Memory: memory},
			Dir: func(attempt int) string { return fmt.Sprintf("%d-%d", i, attempt) }})
	}
	return out
}

// working returns work in a machine that takes so long.
func working(d time.Duration) func(context.Context, *Attempt) error {
	return func(context.Context, *Attempt) error {
		time.Sleep(d)
		return nil
	}
}

func TestNineKernelsNeverHoldMoreThanWasAdmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &vmstest.Fake{Holds: func(_ int, age time.Duration) int64 {
			if age < 5*time.Second {
				return 100 * mib
			}
			return 3 * gib
		}}
		least := int64(8 * gib)
		pool := testPool(t, p, Options{Jobs: 9, Host: func() Memory {
			left := 8*gib - p.Held()
			least = min(least, left)
			return Memory{left, 8 * gib}
		}})
		pool.Each(t.Context(), onKernels(9, 3*gib), func(_ int, slot *Slot) {
			if err := slot.Do(t.Context(), working(10*time.Second), nil); err != nil {
				t.Error(err)
			}
		})
		if least < 8*gib/reserve || p.Most.Load() != 2 {
			t.Errorf("%d machines at once and %d MiB left of 8 GiB, want 2 and at least the reserve", p.Most.Load(), least/mib)
		}
	})
}

func TestProvidersOwnBoundOnJobs(t *testing.T) {
	for _, tt := range []struct{ caps, jobs, want int }{{1, 0, 1}, {3, 0, 3}, {3, 2, 2}} {
		synctest.Test(t, func(t *testing.T) {
			p := &vmstest.Fake{Has: vms.Caps{Jobs: tt.caps}}
			testPool(t, p, Options{Jobs: tt.jobs}).Each(t.Context(), onKernels(6, 0), func(_ int, slot *Slot) {
				slot.Do(t.Context(), working(time.Second), nil)
			})
			if got := int(p.Most.Load()); got != tt.want {
				t.Errorf("a provider of %d jobs, and -j %d: %d machines at once, want %d", tt.caps, tt.jobs, got, tt.want)
			}
		})
	}
}

func TestTasksStartInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &vmstest.Fake{}
		var mu sync.Mutex
		var order []int
		testPool(t, p, Options{Jobs: 1}).Each(t.Context(), onKernels(5, 0), func(i int, slot *Slot) {
			slot.Do(t.Context(), func(context.Context, *Attempt) error {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
				return nil
			}, nil)
		})
		if !slices.Equal(order, []int{0, 1, 2, 3, 4}) {
			t.Errorf("started in the order %v", order)
		}
	})
}

func TestRetries(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		use      func(n int32) error
		machines int
		wrong    string
	}{
		"content":              {func(int32) error { return nil }, 1, ""},
		"failed once":          {func(n int32) error { return map[int32]error{1: broken}[n] }, 2, ""},
		"failed always":        {func(int32) error { return broken }, 3, "broken"},
		"impossible size":      {func(int32) error { return &vms.SizeError{Asked: "much", Why: "too much"} }, 1, "too much"},
		"wants five":           {func(n int32) error { return map[bool]error{true: Another(broken)}[n < 5] }, 5, ""},
		"wants one, and fails": {func(n int32) error { return map[bool]error{true: Another(broken), false: broken}[n == 1] }, 4, "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &vmstest.Fake{}
			var attempts []Attempt
			var n atomic.Int32
			testPool(t, p, Options{Retries: 2}).Each(t.Context(), onKernels(1, 0), func(_ int, slot *Slot) {
				err := slot.Do(t.Context(), func(context.Context, *Attempt) error { return tt.use(n.Add(1)) }, func(a Attempt, again bool) {
					attempts = append(attempts, a)
					if again == (len(attempts) == tt.machines) {
						t.Errorf("after %d machines another is to follow: %t", len(attempts), again)
					}
				})
				if tt.wrong == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("error %v, want %q", err, tt.wrong)
				}
			})
			if len(attempts) != tt.machines || p.Running.Load() != 0 {
				t.Errorf("%d machines, want %d; %d are left", len(attempts), tt.machines, p.Running.Load())
			}
		})
	}
}

// The last try does without the accelerator that failed the others, where the provider
// can do without.
func TestLastTryFallsBack(t *testing.T) {
	broken := errors.New("broken")
	kvm := vms.Caps{Accelerator: "kvm", Fallback: "tcg"}
	for name, tt := range map[string]struct {
		has     vms.Caps
		retries int
		err     error
		want    []bool // machines that are emulated
	}{
		"one retry":         {kvm, 1, broken, []bool{false, true}},
		"two retries":       {kvm, 2, broken, []bool{false, false, true}},
		"no retry":          {kvm, 0, broken, []bool{false}},
		"too little memory": {kvm, 1, vms.ErrMemory, []bool{false, false}},
		"kvm was asked for": {vms.Caps{Accelerator: "kvm"}, 1, broken, []bool{false, false}},
		"another is wanted": {kvm, 1, Another(nil), []bool{false, false, false}},
		"it did not start":  {kvm, 1, &vms.StartError{}, []bool{false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &vmstest.Fake{Has: tt.has}
			var start *vms.StartError
			if errors.As(tt.err, &start) {
				p.OnStart = func(int) error { return broken }
			}
			var noted []string
			pool := testPool(t, p, Options{Retries: tt.retries})
			pool.Each(t.Context(), onKernels(1, 0), func(_ int, slot *Slot) {
				used := 0
				slot.Do(t.Context(), func(context.Context, *Attempt) error {
					if used++; used == len(tt.want) {
						return nil
					}
					return tt.err
				}, func(a Attempt, _ bool) { noted = append(noted, a.Notes...) })
			})
			var got []bool
			for _, spec := range p.Specs() {
				got = append(got, spec.Emulate)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("emulated: %v, want %v", got, tt.want)
			}
			if said := strings.Contains(strings.Join(noted, ""), "failed with kvm and was tried once more with tcg"); said != slices.Contains(tt.want, true) {
				t.Errorf("notes %q", noted)
			}
		})
	}
}

func TestLittleMemoryIsDoubled(t *testing.T) {
	for name, tt := range map[string]struct {
		err   error
		total int64
		want  []int64 // MiB
		wrong string
	}{
		"an agent that died":    {vms.ErrAgent, 64 * gib, []int64{512, 1024}, ""},
		"a kernel without room": {vms.ErrMemory, 64 * gib, []int64{512, 1024}, ""},
		"as far as there is":    {vms.ErrMemory, 960 * mib, []int64{512, 836}, ""},
		"the host has no more":  {vms.ErrMemory, 512 * mib, []int64{512}, "the host has no more memory than the 512 MiB"},
		"another fault":         {vms.ErrGone, 64 * gib, []int64{512, 512}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := &vmstest.Fake{}
			pool := testPool(t, p, Options{Retries: 1, Host: func() Memory { return Memory{tt.total, tt.total} }})
			first := true
			pool.Each(t.Context(), onKernels(1, 512*mib), func(_ int, slot *Slot) {
				err := slot.Do(t.Context(), func(context.Context, *Attempt) error {
					defer func() { first = false }()
					if first {
						return fmt.Errorf("load: %w", tt.err)
					}
					return nil
				}, nil)
				if tt.wrong == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("error %v, want %q", err, tt.wrong)
				}
			})
			var got []int64
			for _, spec := range p.Specs() {
				got = append(got, spec.Memory/mib)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("machines of %v MiB, want %v", got, tt.want)
			}
		})
	}
}

func TestInterruptedPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &vmstest.Fake{}
		var without atomic.Int32
		testPool(t, p, Options{Jobs: 1, Retries: 5}).Each(ctx, onKernels(4, 0), func(_ int, slot *Slot) {
			if slot == nil {
				without.Add(1)
				return
			}
			slot.Do(ctx, func(ctx context.Context, _ *Attempt) error {
				cancel()
				<-ctx.Done()
				return ctx.Err()
			}, nil)
		})
		if without.Load() != 3 || p.Started.Load() != 1 {
			t.Errorf("%d tasks without a slot after %d machines, want 3 after 1", without.Load(), p.Started.Load())
		}
	})
}

func TestForeignMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := kernel.ARM64
		if other.Is(kernel.HostArch()) {
			other = kernel.AMD64
		}
		missing := errors.New("no busybox")
		p := &vmstest.Fake{}
		pool := testPool(t, p, Options{Agent: "own", Jobs: 1, Foreign: func(_ context.Context, arch kernel.Arch) (string, string, error) {
			if !arch.Is(other) {
				return "", "", missing
			}
			return "agent", "busybox", nil
		}})
		tasks := onKernels(3, 0)
		for i, arch := range []kernel.Arch{kernel.HostArch(), other, kernel.S390X} {
			tasks[i].Machine.Kernel.Arch = arch
		}
		var errs [3]error
		pool.Each(t.Context(), tasks, func(i int, slot *Slot) {
			errs[i] = slot.Do(t.Context(), working(time.Second), nil)
		})
		specs := p.Specs()
		if len(specs) != 2 || specs[0].Agent != "own" || specs[0].Busybox != "" || specs[1].Agent != "agent" || specs[1].Busybox != "busybox" {
			t.Errorf("%+v", specs)
		}
		if errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], missing) {
			t.Errorf("%v", errs)
		}
	})
}
