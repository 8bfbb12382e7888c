package vmstest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// running is a machine whose agent takes calls.
type running struct {
	vms.Machine
	client *wire.Client
	ready  wire.Ready
}

// resumed prepares and resumes the machine's agent, which then takes calls.
func resumed(t *testing.T, m vms.Machine) running {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a := running{Machine: m}
	if err := a.resume(ctx); err != nil {
		t.Fatalf("the agent does not resume: %v; %s", err, lastWords(m))
	}
	return a
}

// Answers checks that the machine's agent resumes and runs a command.
func Answers(t *testing.T, m vms.Machine) {
	t.Helper()
	a := resumed(t, m)
	if release, err := a.exec(t, "uname", "-r"); err != nil || strings.TrimSpace(release) != a.ready.Release {
		t.Errorf("uname -r says %q, error %v; the agent said %q", release, err, a.ready.Release)
	}
}

// lastWords closes a machine and returns what is known of its end.
func lastWords(m vms.Machine) string {
	err := m.Err()
	m.Close()
	console, _ := os.ReadFile(m.Info().Console)
	return fmt.Sprintf("machine: %v; console:\n%s", err, console)
}

func (a *running) resume(ctx context.Context) (err error) {
	stream := a.Stream()
	if a.Info().StartKind == "boot" {
		if stream, err = wire.Prepare(ctx, stream, vms.Port(a.Machine)); err != nil {
			return err
		}
	}
	a.client = wire.NewClient(stream)
	a.ready, err = a.client.Resume(ctx, wire.NewResume())
	return err
}

// exec runs a command in the machine. The error has what the command wrote to
// standard error if it did not end with 0.
func (a running) exec(t *testing.T, argv ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var res wire.ExecResult
	var stdout, stderr bytes.Buffer
	if err := a.client.Call(ctx, wire.OpExec, wire.Exec{Argv: argv}, &res, wire.IO{Stdout: &stdout, Stderr: &stderr}); err != nil {
		t.Fatalf("run %q: %v; %s", argv, err, lastWords(a))
	}
	if res.Exit != 0 {
		return stdout.String(), fmt.Errorf("exit %d: %s%s", res.Exit, res.Error, &stderr)
	}
	return stdout.String(), nil
}

// commands runs commands in the machine and sends it a file.
func (s suite) commands(t *testing.T) {
	m := resumed(t, s.start(t))
	release, err := m.exec(t, "uname", "-r")
	if err != nil || strings.TrimSpace(release) != m.ready.Release {
		t.Errorf("uname -r says %q, error %v; the agent said %q", release, err, m.ready.Release)
	}
	if want := s.Spec.Kernel.Release; want != "" && m.ready.Release != want {
		t.Errorf("kernel %s, want %s", m.ready.Release, want)
	}
	if out, err := m.exec(t, "sh", "-c", "echo out; echo err >&2; exit 3"); out != "out\n" || err == nil || err.Error() != "exit 3: err\n" {
		t.Errorf("output %q and %v, want out, and exit 3 with err", out, err)
	}
	if _, err := m.exec(t, "no-such-command"); err == nil || !strings.Contains(err.Error(), "exit 127") {
		t.Errorf("error %v of a command that does not exist, want exit 127", err)
	}
	m.keepsFile(t)
}

// keepsFile puts a file of all bytes into the machine, larger than what may be
// under way at a time, and wants it back.
func (m running) keepsFile(t *testing.T) {
	t.Helper()
	content := make([]byte, 300<<10)
	for i := range content {
		content[i] = byte(i + i>>8)
	}
	path := filepath.Join("/tmp", "bpflab-conformance-"+wire.NewResume().MachineID(), "file")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var res wire.PutResult
	if err := m.client.Call(ctx, wire.OpPut, wire.Put{Path: path, Mode: 0o600}, &res, wire.IO{In: bytes.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
	if out, err := m.exec(t, "cat", path); out != string(content) {
		t.Errorf("%d bytes put, %d are back, error %v; or they differ", len(content), len(out), err)
	}
	if _, err := m.exec(t, "rm", "-r", filepath.Dir(path)); err != nil {
		t.Error(err)
	}
}

// identity wants two machines to be two; where they share a kernel, they may be
// one.
func (s suite) identity(t *testing.T) {
	a, b := resumed(t, s.start(t)), resumed(t, s.start(t))
	if len(a.ready.BootID) != 36 {
		t.Errorf("boot id %q", a.ready.BootID)
	}
	if a.ready.BootID == b.ready.BootID && !s.caps(t).Shared {
		t.Errorf("two machines have the boot id %s", a.ready.BootID)
	}
}
