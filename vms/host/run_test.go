package host

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// labProgram is the program of the lab map-counters, and as the kernel cuts its
// name where it has no BTF.
const (
	labProgram = "count_getdents64"
	labCut     = "count_getdents6"
)

// A run of a lab leaves nothing in the kernel and no process, however it ends.
func TestRunLeavesNothing(t *testing.T) {
	realSpec(t) // skips where the host takes no programs
	program := buildProgram(t)
	if _, err := exec.LookPath("clang"); err != nil {
		t.Skip("labs on the host are not tested: ", err)
	}
	for _, test := range []struct {
		name   string
		repeat string
		signal os.Signal // nil: none is sent
		exit   int       // -1: a signal's
	}{
		{"to its end", "1", nil, 0},
		{"Ctrl-C", "1000", os.Interrupt, 3},
		{"killed", "1000", syscall.SIGKILL, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			run := exec.CommandContext(t.Context(), program, "run", "map-counters", "--provider", "host", "--repeat", test.repeat, "--dir", t.TempDir())
			run.Stdout, run.Stderr = &out, &out
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			if test.signal != nil {
				if !eventually(func() bool { return len(loaded(t, labProgram, labCut)) > 0 }) {
					t.Error("the lab's program is never in the kernel")
				}
				run.Process.Signal(test.signal)
			}
			run.Wait()
			if code := run.ProcessState.ExitCode(); code != test.exit {
				t.Errorf("exit code %d, want %d:\n%s", code, test.exit, &out)
			}
			unloaded(t, labProgram, labCut)
			if !eventually(func() bool { return !runs(t, program+"\x00agent\x00--private\x00") }) {
				t.Error("the agent still runs")
			}
		})
	}
}

// buildProgram returns the path of a bpflab that is its own agent.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bpflab")
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-o", program, "github.com/bpflab/bpflab/cmd/bpflab")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build bpflab: %v\n%s", err, out)
	}
	return program
}
