//go:build linux

package qemu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/standby"
	"github.com/bpflab/bpflab/vms/wire"
)

// standingBy runs a standby with machines of a provider in this process, and returns what
// asks it. Nothing may be left of it at the end of the test.
func standingBy(t *testing.T, p *Provider, warm func(context.Context, *wire.Client) error) *standby.Client {
	t.Helper()
	c := &standby.Client{Dir: filepath.Join(t.TempDir(), "standby"), Build: "test", Patience: time.Minute}
	server, err := standby.Open(standby.Options{Dir: c.Dir, Build: c.Build, Memory: 4 << 30, Short: func() bool { return false },
		Log: func(text string) { t.Log(text) },
		Make: func(ctx context.Context, text json.RawMessage) (standby.Machine, string, error) {
			var want vms.Spec
			if err := json.Unmarshal(text, &want); err != nil {
				return nil, "", err
			}
			m, err := p.Park(ctx, want, warm)
			if err != nil {
				return nil, "", err
			}
			return m, m.Key(), nil
		}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		server.Serve(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if left, err := os.ReadDir(c.Dir); err != nil || len(left) > 0 {
			t.Errorf("%v is left of a standby, error %v", left, err)
		}
	})
	return c
}

// awaitMachine has a standby make a machine like the wanted one.
func awaitMachine(t *testing.T, p *Provider, c *standby.Client, spec vms.Spec) {
	t.Helper()
	w, err := p.Wanted(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	asker := &standby.Client{Dir: c.Dir, Build: c.Build, Patience: c.Patience}
	if loan := asker.Take(w); loan != nil {
		t.Fatal("a machine waits already")
	}
	for range 6000 {
		s, err := c.Status()
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Machines) > 0 && !slices.ContainsFunc(s.Machines, func(m standby.Held) bool { return !m.Ready }) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the standby makes no machine")
}

// who asks the fake's agent for the resume frame that it has.
func who(ctx context.Context, c *wire.Client) (frame []byte, err error) {
	err = c.Call(ctx, fakeOp, nil, &frame, wire.IO{})
	return frame, err
}

// fakeStandby returns a provider of the fake with a standby in which a machine waits. warmed
// returns the identity that the machine had while it was warmed.
func fakeStandby(t *testing.T, spec vms.Spec) (p *Provider, warmed func() []byte) {
	t.Helper()
	cache := t.TempDir()
	var frame []byte
	maker := New(Options{Cache: cache, Binary: os.Args[0], Accel: TCG})
	client := standingBy(t, maker, func(ctx context.Context, c *wire.Client) (err error) {
		frame, err = who(ctx, c)
		return err
	})
	p = New(Options{Cache: cache, Binary: os.Args[0], Accel: TCG, Standby: client})
	first := start(t, p, spec)
	if kind := first.Info().StartKind; kind != "fork" {
		t.Errorf("the first machine is a %s", kind)
	}
	first.Close()
	awaitMachine(t, p, client, spec)
	return p, func() []byte { return frame }
}

func TestStandbyMachine(t *testing.T) {
	log := fakeProcess(t, works)
	spec := forkSpec(t)
	p, warmed := fakeStandby(t, spec)
	if got := log(); got != "template fork fork" {
		t.Errorf("processes of QEMU: %q", got)
	}
	w := wire.NewResume()
	m := startAs(t, p, spec, w)
	about := m.Info()
	if about.StartKind != "standby" || len(about.Notes) > 0 || about.Hypervisor.Version != "QEMU 9.8.7" || about.Started.IsZero() || m.Port() != nil {
		t.Errorf("the machine is %+v", about)
	}
	frame, err := who(t.Context(), m.client)
	if err != nil || !bytes.Contains(frame, w.ID[:]) || bytes.Equal(frame, warmed()) || len(warmed()) == 0 {
		t.Errorf("it does not have the identity that it was resumed with, or had none before; error %v", err)
	}
	if m.Memory() <= 0 {
		t.Error("its memory cannot be measured")
	}
	if err := m.Close(); err != nil || m.Err() != nil {
		t.Errorf("closed: %v, %v", err, m.Err())
	}
	if text, err := os.ReadFile(about.Console); err != nil || len(text) > 0 {
		t.Errorf("console %q, error %v", text, err)
	}
}

// Specs for which no machine waits, or must not.
func TestMachinesThatAreNotOfTheStandby(t *testing.T) {
	fakeProcess(t, works)
	spec := forkSpec(t)
	p, _ := fakeStandby(t, spec)
	for name, test := range map[string]struct {
		change func(*vms.Spec)
		want   string
	}{
		"cold":        {func(s *vms.Spec) { s.Cold = true }, "boot"},
		"own":         {func(s *vms.Spec) { s.Own = true }, "fork"},
		"more memory": {func(s *vms.Spec) { s.Memory = 512 << 20 }, "fork"},
		"frugal":      {func(s *vms.Spec) { s.Frugal = true }, "fork"},
	} {
		s := spec
		test.change(&s)
		s.Dir = t.TempDir()
		m, err := p.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		m.Close()
		if got := m.Info().StartKind; got != test.want {
			t.Errorf("%s: a %s, want a %s", name, got, test.want)
		}
	}
	if m := start(t, p, spec); m.Info().StartKind != "standby" {
		t.Errorf("the machine that waits is not taken but a %s", m.Info().StartKind)
	}
}

func TestStandbyMachineThatIsKilled(t *testing.T) {
	fakeProcess(t, works)
	spec := forkSpec(t)
	p, _ := fakeStandby(t, spec)
	m := start(t, p, spec)
	m.process.Kill()
	<-m.Done()
	if err := m.Err(); !errors.Is(err, vms.ErrGone) || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("error %v, want %v and how QEMU ended", err, vms.ErrGone)
	}
}

func TestMachineThatCannotBeWarmed(t *testing.T) {
	fakeProcess(t, works)
	p := New(Options{Cache: t.TempDir(), Binary: os.Args[0], Accel: TCG})
	spec := forkSpec(t)
	start(t, p, spec).Close()
	fault := errors.New("no such call")
	_, err := p.Park(t.Context(), spec, func(context.Context, *wire.Client) error { return fault })
	if !errors.Is(err, fault) {
		t.Errorf("error %v, want %v", err, fault)
	}
}

// A standby that was asked for a kernel knows nothing that could check its files.
func TestNoTemplateIsMadeForAStandby(t *testing.T) {
	log := fakeProcess(t, works)
	p := New(Options{Cache: t.TempDir(), Binary: os.Args[0], Accel: TCG})
	_, err := p.Park(t.Context(), forkSpec(t), nil)
	if got := log(); !errors.Is(err, os.ErrNotExist) || got != "" {
		t.Errorf("error %v after %q", err, got)
	}
}
