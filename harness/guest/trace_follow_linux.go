package guest

import (
	"context"
	"encoding/json"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// followEvery is how often a follower receives what came.
const followEvery = 100 * time.Millisecond

// traceFollow sends the caller every line in the trace buffer, until the call is
// cancelled. Steps come and go meanwhile.
func (a *agent) traceFollow(ctx context.Context, req *wire.Request) (any, error) {
	f := follower{tap: &a.trace, out: json.NewEncoder(req.Output(wire.Stdout)), steps: -1}
	f.tap.join(+1)
	defer f.tap.join(-1)
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		if err := f.report(); err != nil {
			return nil, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// follower is one that reads along.
type follower struct {
	tap   *traceTap
	out   *json.Encoder
	steps int    // begun at the last report
	next  int    // line, of all since that step's beginning
	lost  int    // at the last report
	said  string // the error
}

// report writes what is new, if anything is.
func (f *follower) report() error {
	news := f.news()
	if !news.Clear && len(news.Lines) == 0 && news.Lost == 0 && news.Error == f.said {
		return nil
	}
	f.said = news.Error
	return f.out.Encode(news)
}

func (f *follower) news() wire.Followed {
	t := f.tap
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.open && !t.inStep {
		if err := t.reopen(); err != nil {
			return wire.Followed{Error: err.Error()}
		}
		f.next, f.lost = 0, 0
	}
	var news wire.Followed
	if news.Clear = f.steps >= 0 && f.steps != t.steps; f.steps != t.steps {
		f.steps, f.next, f.lost = t.steps, 0, 0
	}
	from := min(max(0, f.next-t.dropped), len(t.res.Lines))
	news.Lines = append(news.Lines, t.res.Lines[from:]...)
	news.Lost = max(0, t.res.Lost-t.dropped-f.lost)
	f.next, f.lost = t.dropped+len(t.res.Lines), t.res.Lost-t.dropped
	return news
}

// reopen opens the pipe for followers alone, if nobody else has it. The caller holds
// the lock.
func (t *traceTap) reopen() error {
	dir, err := tracefs()
	if err != nil {
		return err
	}
	fd, err := tryPipe(dir + "/trace_pipe")
	if err == unix.EBUSY || err == unix.EWOULDBLOCK {
		return errPipeTaken
	}
	if err != nil {
		return pathError(dir+"/trace_pipe", err)
	}
	t.begin(fd)
	return nil
}

// join counts followers. The last to go closes the pipe, if no step needs it.
func (t *traceTap) join(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.followers += n; t.followers == 0 && !t.inStep {
		t.shut()
	}
}
