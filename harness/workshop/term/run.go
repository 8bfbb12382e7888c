package term

import (
	"context"
	"errors"
	"os"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

// Options configures the front end.
type Options struct {
	Workshop *workshop.Workshop
	Student  *workshop.Student
	Lab      string // the first one shown
	// Shell runs a shell of the workspace's machine on the terminal until it returns.
	Shell func(context.Context, *workshop.Workspace) error
	// Downloads receives descriptions of what is being downloaded, and "" when a
	// download has ended.
	Downloads <-chan string
}

// framesPerSecond suffices for text and spares slow connections.
const framesPerSecond = 30

// Run shows the workshop on a terminal until the student leaves or ctx ends. Machines
// keep running; closing the workshop ends them.
func Run(ctx context.Context, in, out *os.File, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tasks := newTasks(ctx)
	defer tasks.wait()
	defer cancel()
	m, err := newModel(studentCourse{o}, o.Lab, tasks)
	if err != nil {
		return err
	}
	defer m.leave()
	m.downloads, m.in, m.out = o.Downloads, in, out
	_, err = tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out),
		tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond)).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil // ctx ended
	}
	return err
}
