package workshop

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// slowKernels is a set of kernels whose download ends when the context does, and then fails.
type slowKernels struct{ asked chan bool }

func (slowKernels) Names() []string { return []string{"6.1"} }

func (k slowKernels) Image(ctx context.Context, _ string) (kernel.Image, error) {
	k.asked <- true
	select {
	case <-ctx.Done():
		return kernel.Image{}, ctx.Err()
	case <-time.After(200 * time.Millisecond):
		return kernel.Image{}, fmt.Errorf("the kernel is not there")
	}
}

// TestTerminalBesideCheck opens a terminal, as after a restart, and cancels the start of its
// machine with a check: the terminal waits for the check, and says nothing of it.
func TestTerminalBesideCheck(t *testing.T) {
	l, err := lab.ParseBytes("labs/plain/lab.md", []byte("---\ntitle: T\nsummary: S\n---\n\n# T\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n"))
	if err != nil {
		t.Fatal(err)
	}
	lesson, err := NewLesson(l, run.Tree{FS: fstest.MapFS{}})
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan bool, 8)
	w := New(Options{Lessons: []*Lesson{lesson}, Kernels: slowKernels{asked}, Dir: t.TempDir(), Machines: t.TempDir()})
	defer w.Close()
	student, err := w.Student("ada")
	if err != nil {
		t.Fatal(err)
	}
	ws, err := student.Workspace("plain")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := ws.Terminal(t.Context(), "t1", wire.Terminal{Rows: 24, Cols: 80})
		ended <- err
	}()
	<-asked // the terminal starts a machine
	go ws.Check(t.Context(), "step")
	if err := <-ended; err == nil || err.Error() != "the kernel is not there" {
		t.Errorf("the terminal says %v", err)
	}
}
