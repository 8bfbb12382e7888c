//go:build linux

package qemu

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// answering is a machine whose agent takes calls.
type answering struct {
	*machine
	client *wire.Client
	ready  wire.Ready
}

// startLimit is how long a machine of a test may take to its agent's answer.
const startLimit = 3 * time.Minute

// start starts a machine of the provider and resumes its agent.
func start(t *testing.T, p *Provider, spec vms.Spec) answering {
	t.Helper()
	return startAs(t, p, spec, wire.NewResume())
}

func startAs(t *testing.T, p *Provider, spec vms.Spec, w wire.Resume) answering {
	t.Helper()
	spec.Dir = t.TempDir()
	ctx, cancel := context.WithCancel(t.Context()) // the machine's life
	t.Cleanup(cancel)
	defer time.AfterFunc(startLimit, cancel).Stop()
	m, err := p.Start(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	a := answering{machine: m.(*machine)}
	if err := a.resume(ctx, w); err != nil {
		t.Fatalf("the agent of a %s does not resume: %v; machine: %v", m.Info().StartKind, err, m.Err())
	}
	return a
}

func (a *answering) resume(ctx context.Context, w wire.Resume) (err error) {
	stream := a.Stream()
	if a.Info().StartKind == "boot" {
		if stream, err = wire.Prepare(ctx, stream, a.Port()); err != nil {
			return err
		}
	}
	a.client = wire.NewClient(stream)
	a.ready, err = a.client.Resume(ctx, w)
	return err
}

// answerLimit is how long a command of a test may take. A machine that takes longer is silent.
const answerLimit = time.Minute

// sh returns what a shell command prints; it must exit with 0.
func (a answering) sh(t *testing.T, line string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), answerLimit)
	defer cancel()
	var out, problems bytes.Buffer
	var res wire.ExecResult
	err := a.client.Call(ctx, wire.OpExec, wire.Exec{Argv: []string{"sh", "-c", line}}, &res, wire.IO{Stdout: &out, Stderr: &problems})
	if ctx.Err() != nil {
		t.Fatalf("%s: a %s is silent: %v\n%s", line, a.Info().StartKind, err, a.state())
	}
	if err != nil || res.Exit != 0 {
		t.Fatalf("%s: error %v, exit %d: %s%s", line, err, res.Exit, res.Error, problems.String())
	}
	return out.String()
}

// state returns what QEMU says of a machine that is silent, and what its threads do.
func (m *machine) state() string {
	var text strings.Builder
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, ask := range []string{"info status", "info registers", "info lapic", "info chardev", "info registers"} {
		var said string
		err := m.control.execute(ctx, "human-monitor-command", map[string]string{"command-line": ask}, &said)
		fmt.Fprintf(&text, "%s: %v\n%s\n", ask, err, said)
	}
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", m.process.Pid))
	for _, thread := range threads {
		for _, file := range []string{"stat", "syscall", "wchan"} {
			said, err := os.ReadFile(filepath.Join(thread, file))
			fmt.Fprintf(&text, "%s/%s: %s %v\n", thread, file, bytes.TrimSpace(said), err)
		}
	}
	open, _ := exec.Command("sh", "-c", "ls -l /proc/[0-9]*/fd").CombinedOutput()
	fmt.Fprintf(&text, "%s\n", open)
	pprof.Lookup("goroutine").WriteTo(&text, 1)
	fmt.Fprintf(&text, "copied: %t\n", m.parent != nil && m.parent.copied)
	if m.console != nil {
		fmt.Fprintf(&text, "console: %s\n", m.console.Tail())
	}
	return text.String()
}
