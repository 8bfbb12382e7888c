package command

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// running is a command that runs.
type running struct {
	session *session.Session
	id      string
	late    atomic.Bool
}

// pass passes signals and sizes on until ctx ends, and ends a command that takes too
// long: SIGQUIT makes a Go program print its goroutines.
func (r *running) pass(ctx context.Context, c Command) {
	var end, kill <-chan time.Time
	if c.Timeout > 0 {
		end = time.After(c.Timeout)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case name := <-c.Signals:
			r.signal(ctx, name)
		case size := <-c.Resizes:
			r.session.Call(ctx, wire.OpResize, wire.Resize{ID: r.id, Terminal: size}, nil, wire.IO{})
		case <-end:
			r.late.Store(true)
			r.signal(ctx, "SIGQUIT")
			kill = time.After(r.session.Limit(Grace))
		case <-kill:
			r.signal(ctx, "SIGKILL")
		}
	}
}

// signal sends a signal. It does not matter if the command has ended meanwhile; if the
// machine has, the command's own call reports it.
func (r *running) signal(ctx context.Context, name string) {
	r.session.Call(ctx, wire.OpSignal, wire.Signal{ID: r.id, Name: name}, nil, wire.IO{})
}

// numbers are those of the signals that end commands, the same on all supported
// architectures.
var numbers = map[string]int{"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGTRAP": 5, "SIGABRT": 6, "SIGBUS": 7, "SIGFPE": 8,
	"SIGKILL": 9, "SIGUSR1": 10, "SIGSEGV": 11, "SIGUSR2": 12, "SIGPIPE": 13, "SIGALRM": 14, "SIGTERM": 15, "SIGSTKFLT": 16,
	"SIGXCPU": 24, "SIGXFSZ": 25, "SIGVTALRM": 26, "SIGPROF": 27, "SIGIO": 29, "SIGPWR": 30, "SIGSYS": 31}

func signalNumber(name string) int { return numbers[name] }

// SignalName returns the name of a signal that ends commands, "" of any other.
func SignalName(number int) string {
	for name, n := range numbers {
		if n == number {
			return name
		}
	}
	return ""
}
