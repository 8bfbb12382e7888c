package term

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
)

// runForeground gives the terminal to a function until it returns.
func (m *model) runForeground(visit func(context.Context) error) tea.Cmd {
	return tea.Exec(foreground{m.tasks, visit}, func(err error) tea.Msg {
		return outcome(func(m *model) tea.Cmd { m.noteError(err); return nil })
	})
}

// foreground is a tea.ExecCommand that runs a function with the terminal for itself.
type foreground struct {
	tasks *tasks
	run   func(context.Context) error
}

// rendererStopTime is how long to wait for Bubble Tea's renderer to stop. The renderer
// stops its ticker in the background; if that happens after the ticker was started
// again, nothing is drawn any more: seen with an editor that ran for a millisecond
// (bubbletea 2.1.1, startRenderer).
const rendererStopTime = 3 * time.Second / framesPerSecond

// Run implements tea.ExecCommand.
func (v foreground) Run() error {
	time.Sleep(rendererStopTime)
	err, _ := v.tasks.begin(func(ctx context.Context) tea.Msg { return v.run(ctx) }).(error)
	return err
}

// SetStdin implements tea.ExecCommand, as do the two below: the function has its own
// files.
func (foreground) SetStdin(io.Reader)  {}
func (foreground) SetStdout(io.Writer) {}
func (foreground) SetStderr(io.Writer) {}
