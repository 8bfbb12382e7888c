package guest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// running are the commands that run, by the identity that the host gave them.
type running struct {
	mu        sync.Mutex
	groups    map[string]int
	terminals map[string]*os.File
}

// start starts a command and notes it, so that a signal that its first output brings
// finds it; done forgets it.
func (r *running) start(id string, start func() error, cmd *exec.Cmd) (done func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := start(); err != nil {
		return nil, err
	}
	if r.groups == nil {
		r.groups, r.terminals = map[string]int{}, map[string]*os.File{}
	}
	r.groups[id] = cmd.Process.Pid
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.groups, id)
		delete(r.terminals, id)
	}, nil
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
