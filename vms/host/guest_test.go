package host

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// realSpec returns what machines are made of. It skips where none can be started, and
// says why.
func realSpec(t *testing.T) vms.Spec {
	t.Helper()
	if os.Getenv("BPFLAB_VM_TESTS") != "1" {
		t.Skip("loads programs into the running kernel: set BPFLAB_VM_TESTS=1, as `make test` does")
	}
	if _, err := New().Caps(t.Context()); err != nil {
		t.Skip("nothing of the provider is tested: ", err)
	}
	prog, err := load()
	if err != nil {
		t.Skip("nothing of the provider is tested, bpf(2) is refused here: ", err)
	}
	prog.Close()
	return vms.Spec{Agent: vmstest.RealAgent(t), Dir: t.TempDir()}
}

// guest is a machine whose agent takes calls.
type guest struct {
	vms.Machine
	client *wire.Client
}

// patience is how long a machine may take for anything. It is not a measure.
const patience = 3 * time.Minute

func startGuest(t *testing.T) guest {
	t.Helper()
	m, err := New().Start(t.Context(), realSpec(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := wire.Prepare(ctx, m.Stream(), nil)
	if err != nil {
		t.Fatal(err)
	}
	g := guest{m, wire.NewClient(stream)}
	if _, err := g.client.Resume(ctx, wire.NewResume()); err != nil {
		t.Fatal(err)
	}
	return g
}

// try runs a shell script; the error is that of a script that fails.
func (g guest) try(t *testing.T, script string, env ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var res wire.ExecResult
	var out, stderr bytes.Buffer
	args := wire.Exec{Argv: []string{"sh", "-c", script}, Env: env}
	if err := g.client.Call(ctx, wire.OpExec, args, &res, wire.IO{Stdout: &out, Stderr: &stderr}); err != nil {
		t.Fatal(err)
	}
	if res.Exit != 0 {
		return "", fmt.Errorf("exit %d: %s", res.Exit, &stderr)
	}
	return strings.TrimSpace(out.String()), nil
}

// run does what try does, for a script that does not fail.
func (g guest) run(t *testing.T, script string, env ...string) string {
	t.Helper()
	out, err := g.try(t, script, env...)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return out
}

// put stores this test's own binary in the machine.
func (g guest) put(t *testing.T, path string) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.client.Call(ctx, wire.OpPut, wire.Put{Path: path, Mode: 0o755}, nil, wire.IO{In: self}); err != nil {
		t.Fatal(err)
	}
}
