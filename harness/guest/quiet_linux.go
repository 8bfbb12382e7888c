package guest

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// How long every processor must have been idle for the machine to be quiet, in /proc/stat's
// hundredths of a second, and how often that is looked at.
const (
	quietTicks = 2
	quietEvery = 15 * time.Millisecond
)

// quiet waits until what commands have set off is done: nothing of theirs is left in their
// process groups, and every processor has been idle, which is when no thread wants to run. Whatever
// the kernel does for a process it has done then, timers excepted.
func (a *agent) quiet(ctx context.Context, args wire.QuietAsk) (wire.Quiet, error) {
	until := time.Now().Add(args.Within)
	began, err := idleTimes()
	for err == nil && ctx.Err() == nil && time.Now().Before(until) {
		time.Sleep(quietEvery)
		if a.groups.alive() {
			began, err = idleTimes()
			continue
		}
		now, err := idleTimes()
		if err != nil || allIdle(began, now) {
			return wire.Quiet{Quiet: err == nil}, err
		}
	}
	return wire.Quiet{}, err
}

// idleTimes returns how long each processor has been idle, in hundredths of a second.
func idleTimes() ([]uint64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return nil, err
	}
	return parseIdleTimes(string(text)), nil
}

// parseIdleTimes reads /proc/stat, see proc_stat(5): lines of processors are "cpu0" with the times
// of user, nice, system, idle and iowait.
func parseIdleTimes(stat string) []uint64 {
	var out []uint64
	for line := range strings.Lines(stat) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[0] == "cpu" || !strings.HasPrefix(fields[0], "cpu") {
			continue
		}
		idle, _ := strconv.ParseUint(fields[4], 10, 64)
		waiting, _ := strconv.ParseUint(fields[5], 10, 64)
		out = append(out, idle+waiting)
	}
	return out
}

// allIdle reports whether every processor was idle between two looks.
func allIdle(began, now []uint64) bool {
	if len(now) == 0 || len(now) != len(began) {
		return false
	}
	for i := range now {
		if now[i] < began[i]+quietTicks {
			return false
		}
	}
	return true
}

// groups are the process groups of commands whose leaders have ended.
type groups struct {
	mu  sync.Mutex
	ids []int
}

func (g *groups) add(id int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if unix.Kill(-id, 0) == nil {
		g.ids = append(g.ids, id)
	}
}

// alive reports whether any process is left in them.
func (g *groups) alive() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	var left []int
	for _, id := range g.ids {
		if unix.Kill(-id, 0) == nil {
			left = append(left, id)
		}
	}
	g.ids = left
	return len(left) > 0
}
