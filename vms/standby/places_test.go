//go:build linux

package standby

import (
	"io"
	"slices"
	"testing"
	"time"
)

// fillAll makes all machines that are due, as keep does, and returns what then waits: the
// last that was asked for is first.
func (h *hall) fillAll(t *testing.T, now time.Time) (waiting []string) {
	t.Helper()
	for {
		h.tidy(now)
		p, _ := h.next(now)
		if p == nil {
			break
		}
		h.fill(t.Context(), p)
	}
	for _, p := range h.places {
		if p.machine != nil {
			waiting = append(waiting, p.Key)
		}
	}
	return waiting
}

// asked returns a server that is not served, and which was asked for machines that hold 50
// MiB each.
func asked(t *testing.T, change func(*Options), keys ...string) *hall {
	t.Helper()
	h := open(t, newDir(t), change)
	t.Cleanup(func() {
		for _, p := range h.places {
			p.close()
		}
		h.listen.Close()
		h.dir.close()
		h.checkNothingLeft(t)
	})
	for _, key := range keys {
		h.First(someMachine(key), closedReader{})
	}
	eventually(t, "no client is at work", func() bool {
		h.Server.mu.Lock()
		defer h.Server.mu.Unlock()
		return h.callers == 0
	})
	return h
}

// closedReader is the standard input of a verb that has ended.
type closedReader struct{}

func (closedReader) Read([]byte) (int, error) { return 0, io.EOF }

func TestMemoryOfMachinesThatWait(t *testing.T) {
	for _, test := range []struct {
		name  string
		limit int64
		want  []string
	}{
		{"for all", 1 << 30, []string{"c", "b", "a"}},
		{"for two", 130 << 20, []string{"c", "b"}},
		{"for one", 80 << 20, []string{"c"}},
		{"for none", 10 << 20, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := asked(t, func(o *Options) { o.Memory = test.limit }, "a", "b", "c")
			if got := h.fillAll(t, time.Now()); !slices.Equal(got, test.want) {
				t.Errorf("%q wait, want %q", got, test.want)
			}
		})
	}
}

// A machine may come to hold more while it waits.
func TestLeastRecentlyUsedIsGivenUpFirst(t *testing.T) {
	h := asked(t, func(o *Options) { o.Memory = 200 << 20 }, "a", "b", "c")
	h.fillAll(t, time.Now())
	h.all()[0].memory = 120 << 20
	if got := h.fillAll(t, time.Now()); !slices.Equal(got, []string{"c", "b"}) && !slices.Equal(got, []string{"c"}) {
		t.Errorf("%q wait", got)
	}
	if m := h.all()[2]; m.key != "a" || !isGone(m) {
		t.Errorf("the machine of %s is gone: %t", m.key, isGone(m))
	}
}

func TestHostShortOfMemory(t *testing.T) {
	h := asked(t, nil, "a", "b")
	h.fillAll(t, time.Now())
	h.short = true
	if got := h.fillAll(t, time.Now()); got != nil {
		t.Errorf("%q wait while the host is short of memory", got)
	}
	h.First(someMachine("a"), closedReader{})
	if got := h.fillAll(t, time.Now()); got != nil {
		t.Errorf("%q wait, made while the host is short of memory", got)
	}
	h.short = false
	h.First(someMachine("a"), closedReader{})
	eventually(t, "no client is at work", func() bool { return h.fillAll(t, time.Now()) != nil })
}

func TestIdleServer(t *testing.T) {
	h := asked(t, func(o *Options) { o.Idle = time.Minute }, "a")
	h.fillAll(t, time.Now())
	if h.isIdle() {
		t.Error("it is idle with a machine that was just asked for")
	}
	if got := h.fillAll(t, time.Now().Add(2*time.Minute)); got != nil || !h.isIdle() {
		t.Errorf("%q wait, idle: %t", got, h.isIdle())
	}
}

func TestNothingIsMadeWhileAClientWorks(t *testing.T) {
	h := asked(t, nil)
	h.take(someMachine("a"))
	if p, wait := h.next(time.Now()); p != nil || wait <= 0 {
		t.Errorf("%v is made at once, wait %v", p, wait)
	}
	if p, _ := h.next(time.Now().Add(2 * calm)); p == nil {
		t.Error("nothing is made for a client that works for long")
	}
	h.leave()
	if p, _ := h.next(time.Now()); p == nil {
		t.Error("nothing is made once the client has ended")
	}
}

// A client that makes a template itself takes longer than the server waits.
func TestMachineThatCannotBeMadeWhileAClientWorks(t *testing.T) {
	h := asked(t, nil)
	bad := someMachine("bad")
	h.take(bad)
	later := time.Now().Add(2 * calm)
	p, _ := h.next(later)
	h.fill(t.Context(), p)
	if again, _ := h.next(later); again != nil || len(h.places) != 1 {
		t.Errorf("%v is made again at once; places: %v", again, h.places)
	}
	if again, _ := h.next(later.Add(2 * firstPause)); again != p {
		t.Error("it is not tried again while the client works on")
	}
	h.leave()
	if again, _ := h.next(later); again != p {
		t.Fatal("it is not tried again when the client has ended")
	}
	h.fill(t.Context(), p)
	if len(h.places) != 0 {
		t.Error("it is not forgotten after a second failure")
	}
}

// A client that works on for hours, as a workshop does, is no reason to try for ever.
func TestMachineThatCannotBeMadeAtAll(t *testing.T) {
	h := asked(t, nil)
	h.take(someMachine("bad"))
	now, tries := time.Now(), 0
	for range 100 {
		now = now.Add(10 * time.Minute)
		p, _ := h.next(now)
		if p == nil {
			break
		}
		h.fill(t.Context(), p)
		tries++
	}
	if tries != mostTries+1 || len(h.places) != 0 {
		t.Errorf("tried %d times; places: %v", tries, h.places)
	}
}
