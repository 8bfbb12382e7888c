package guest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// maxTraceLines is how many lines are kept; more are counted as lost.
const maxTraceLines = 2000

// traceTap collects trace_pipe while a step runs, or while somebody follows. Reading
// it is destructive, so there is one tap a machine.
type traceTap struct {
	mu        sync.Mutex
	fd        int
	open      bool
	stop      chan struct{}
	part      string // a line that has not ended yet
	res       wire.TraceResult
	dropped   int // lines that were in res, and gave way to newer ones
	steps     int // that have begun
	inStep    bool
	followers int
	buf       [16 << 10]byte // what is read at a time
}

func (a *agent) traceStart(ctx context.Context, _ none) (none, error) {
	return none{}, a.trace.start(ctx, a.shared)
}

func (a *agent) traceLines(context.Context, none) (wire.TraceResult, error) {
	return a.trace.lines()
}

func (a *agent) traceEnd(context.Context, none) (none, error) {
	a.trace.end()
	return none{}, nil
}

// start begins a step: what was in the buffer is gone. On a kernel that others use too
// it waits for its turn.
func (t *traceTap) start(ctx context.Context, shared bool) error {
	t.close()
	dir, err := tracefs()
	if err != nil {
		return err
	}
	if !shared {
		done, cancel := context.WithCancelCause(ctx)
		cancel(errPipeTaken)
		ctx = done
	}
	fd, err := openPipe(ctx, dir+"/trace_pipe")
	if err != nil {
		return err
	}
	if err := emptyTrace(fd, dir); err != nil {
		unix.Close(fd)
		return fmt.Errorf("empty the trace buffer: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps++
	t.inStep = true
	t.begin(fd)
	return nil
}

// end ends a step; the pipe is free for others if nobody follows.
func (t *traceTap) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inStep = false; t.followers == 0 {
		t.shut()
	}
}

// begin reads from fd. The caller holds the lock.
func (t *traceTap) begin(fd int) {
	t.shut() // a follower may have opened it meanwhile
	t.fd, t.open, t.part, t.res, t.dropped = fd, true, "", wire.TraceResult{}, 0
	t.stop = make(chan struct{})
	go t.empty(t.stop)
}

// How often the kernel's ring is emptied, so that it does not overflow: often while
// lines come, and seldom after a second without any.
const (
	emptyEvery  = 50 * time.Millisecond
	emptySeldom = 400 * time.Millisecond
	quietAfter  = 20 // times
)

// empty takes out what is in the kernel's ring, until stop.
func (t *traceTap) empty(stop chan struct{}) {
	quiet := 0
	for {
		every := emptyEvery
		if quiet > quietAfter {
			every = emptySeldom
		}
		select {
		case <-time.After(every):
		case <-stop:
			return
		}
		t.mu.Lock()
		if quiet++; t.open && t.stop == stop && t.pump() {
			quiet = 0
		}
		t.mu.Unlock()
	}
}

func (t *traceTap) lines() (wire.TraceResult, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.open {
		return wire.TraceResult{}, fmt.Errorf("%s was not called", wire.OpTrace)
	}
	t.pump()
	return t.res, nil
}

// pump reads what is there, and reports whether there was anything. The caller holds
// the lock.
func (t *traceTap) pump() (some bool) {
	for t.open {
		n, err := unix.Read(t.fd, t.buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return some
		}
		some = true
		t.take(string(t.buf[:n]))
	}
	return some
}

func (t *traceTap) take(text string) {
	text = t.part + text
	for {
		line, rest, ok := strings.Cut(text, "\n")
		if !ok {
			t.part = text
			return
		}
		text = rest
		t.add(line)
	}
}

func (t *traceTap) add(line string) {
	if line == "" {
		return // since 5.9 the kernel ends a message that ended itself
	}
	if lost, ok := lostEvents(line); ok {
		t.res.Lost += lost
		return
	}
	if len(t.res.Lines) == maxTraceLines {
		t.res.Lost++
		if t.inStep {
			return // the first lines are what a step is judged by
		}
		t.res.Lines, t.dropped = t.res.Lines[1:], t.dropped+1
	}
	t.res.Lines = append(t.res.Lines, ParseTraceLine(line))
}

func (t *traceTap) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inStep = false
	t.shut()
}

// shut closes the pipe. The caller holds the lock.
func (t *traceTap) shut() {
	if t.open {
		close(t.stop)
		unix.Close(t.fd)
		t.open = false
	}
}
