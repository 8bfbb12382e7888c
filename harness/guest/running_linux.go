package guest

import (
	"context"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/wire"
)

// running are the commands that run, by the identity that the host gave them.
type running struct {
	mu        sync.Mutex
	groups    map[string]int
	terminals map[string]*os.File
}

// add notes a command; done forgets it.
func (r *running) add(id string, group int) (done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.groups == nil {
		r.groups, r.terminals = map[string]int{}, map[string]*os.File{}
	}
	r.groups[id] = group
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.groups, id)
		delete(r.terminals, id)
	}
}

// owns notes the terminal of a command that was added.
func (r *running) owns(id string, terminal *os.File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.terminals[id] = terminal
}

// signal sends a signal to all of a command's process group. One that has ended
// needs none.
func (a *agent) signal(_ context.Context, args wire.Signal) (none, error) {
	number := unix.SignalNum(args.Name)
	if number == 0 {
		return none{}, &wire.Fault{Op: wire.OpSignal, Msg: fmt.Sprintf("no signal %q", args.Name)}
	}
	a.running.mu.Lock()
	defer a.running.mu.Unlock()
	if group, ok := a.running.groups[args.ID]; ok {
		return none{}, unix.Kill(-group, number)
	}
	return none{}, nil
}
