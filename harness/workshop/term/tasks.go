package term

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"
)

// tasks are what takes time and goes on beside the screen.
type tasks struct {
	begin   func(func(context.Context) tea.Msg) tea.Msg
	running sync.WaitGroup
}

// newTasks makes tasks that end with ctx.
func newTasks(ctx context.Context) *tasks {
	t := &tasks{}
	var lock sync.Mutex // between a task that begins, and the end
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

// run is a command that does something, whose message is what came of it.
func (t *tasks) run(do func(context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg { return t.begin(do) }
}

// wait waits until all tasks have ended. Their context has ended before.
func (t *tasks) wait() { t.running.Wait() }
