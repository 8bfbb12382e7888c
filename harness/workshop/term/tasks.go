package term

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"
)

// tasks are commands that take time and run in the background.
type tasks struct {
	begin   func(func(context.Context) tea.Msg) tea.Msg
	running sync.WaitGroup
}

// newTasks returns tasks that end with ctx.
func newTasks(ctx context.Context) *tasks {
	t := &tasks{}
	var lock sync.Mutex // no task begins after ctx has ended
	t.begin = func(do func(context.Context) tea.Msg) tea.Msg {
		lock.Lock()
		if ctx.Err() != nil {
			lock.Unlock()
			return nil
		}
		t.running.Add(1)
		lock.Unlock()
		defer t.running.Done()
		return do(ctx)
	}
	return t
}

// run returns a command that runs a function; the function's result is the command's
// message.
func (t *tasks) run(do func(context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg { return t.begin(do) }
}

// wait waits until all tasks have ended. The caller has ended their context.
func (t *tasks) wait() { t.running.Wait() }
