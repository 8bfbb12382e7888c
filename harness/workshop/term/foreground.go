package term

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
)

// leaveTo leaves the terminal to somebody else until they are done.
func (m *model) runForeground(visit func(context.Context) error) tea.Cmd {
	return tea.Exec(foreground{m.tasks, visit}, func(err error) tea.Msg {
		return outcome(func(m *model) tea.Cmd { m.noteError(err); return nil })
	})
}

// visitor has the terminal until it returns.
type foreground struct {
	tasks *tasks
	run   func(context.Context) error
}

// settle is how long Bubble Tea's painter is given to stop. It stops its clock beside
// us, and if that came after the clock was started again, nothing would be painted any
// more: seen with an editor that took a millisecond (bubbletea 2.1.1, startRenderer).
const settle = 3 * time.Second / framesPerSecond

// Run implements tea.ExecCommand.
func (v foreground) Run() error {
	time.Sleep(settle)
	err, _ := v.tasks.begin(func(ctx context.Context) tea.Msg { return v.run(ctx) }).(error)
	return err
}

// SetStdin implements tea.ExecCommand, as the two below: the visitor has its own.
func (foreground) SetStdin(io.Reader)  {}
func (foreground) SetStdout(io.Writer) {}
func (foreground) SetStderr(io.Writer) {}
