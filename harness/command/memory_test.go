package command

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// A machine whose agent found no memory while a command ran says so and names the remedy;
// the command is not run again.
func TestTooLittleMemoryForACommand(t *testing.T) {
	for name, tt := range map[string]struct {
		err     error
		verdict verdict.Verdict
		says    []string
	}{
		"no memory":     {fmt.Errorf("%w: %w", vms.ErrAgent, vms.ErrMemory), verdict.Infra, []string{"too little memory", "had 230 MiB", "--mem"}},
		"another death": {vms.ErrAgent, verdict.Fail, []string{"agent in the machine died"}},
	} {
		t.Run(name, func(t *testing.T) {
			provider := &vmstest.Fake{Exec: func(context.Context, int, []string) (wire.ExecResult, error) { return wire.ExecResult{}, tt.err }}
			pool := scheduler.New(scheduler.Options{Provider: provider, Dir: t.TempDir(), Retries: 2,
				Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
			job := Job{Name: "fill", Task: scheduler.Task{Machine: vms.Spec{Kernel: kernel.Image{Selector: "6.1"}}, Dir: func(n int) string { return fmt.Sprint(n) }},
				Do: func(ctx context.Context, a *scheduler.Attempt, cell *verdict.Cell) error {
					a.Session.Ready.Memory = 230 << 20
					outcome, err := Run(ctx, a.Session, Command{Argv: []string{"fill"}})
					if err != nil {
						return err
					}
					outcome.Note(cell)
					return nil
				}}
			cell := Cells(t.Context(), pool, []Job{job})[0]
			if cell.Verdict != tt.verdict || provider.Started.Load() != 1 {
				t.Errorf("%s in %d machines, want %s in one", cell.Verdict, provider.Started.Load(), tt.verdict)
			}
			for _, text := range tt.says {
				if !strings.Contains(cell.Reason, text) {
					t.Errorf("%q does not say %q", cell.Reason, text)
				}
			}
		})
	}
}
