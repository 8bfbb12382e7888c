package guest

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/wire"
)

// maxTraceLines is how many lines are kept; more are counted as lost.
const maxTraceLines = 2000

// traceTap collects trace_pipe while a step runs. Reading it is destructive,
// so there is one tap a machine.
type traceTap struct {
	mu   sync.Mutex
	fd   int
	open bool
	stop chan struct{}
	part string // a line that has not ended yet
	res  wire.TraceResult
}

func (a *agent) traceStart(ctx context.Context, _ none) (none, error) {
	return none{}, a.trace.start(ctx)
}

func (a *agent) traceLines(context.Context, none) (wire.TraceResult, error) {
	return a.trace.lines()
}

func (t *traceTap) start(ctx context.Context) error {
	t.close()
	dir, err := tracefs()
	if err != nil {
		return err
	}
	fd, err := openPipe(ctx, dir+"/trace_pipe")
	if err != nil {
		return err
	}
	if err := os.WriteFile(dir+"/trace", nil, 0); err != nil {
		unix.Close(fd)
		return fmt.Errorf("empty the trace buffer: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fd, t.open, t.part, t.res = fd, true, "", wire.TraceResult{}
	t.stop = make(chan struct{})
	go t.follow(t.stop)
	return nil
}

// follow empties the kernel's ring often enough that it does not overflow.
func (t *traceTap) follow(stop chan struct{}) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			t.mu.Lock()
			t.pump()
			t.mu.Unlock()
		case <-stop:
			return
		}
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

// pump reads what is there. The caller holds the lock.
func (t *traceTap) pump() {
	buf := make([]byte, 16<<10)
	for t.open {
		n, err := unix.Read(t.fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return
		}
		t.take(string(buf[:n]))
	}
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
	if m := lostEvents.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[1])
		t.res.Lost += n
		return
	}
	if len(t.res.Lines) == maxTraceLines {
		t.res.Lost++
		return
	}
	t.res.Lines = append(t.res.Lines, ParseTraceLine(line))
}

func (t *traceTap) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open {
		close(t.stop)
		unix.Close(t.fd)
		t.open = false
	}
}
