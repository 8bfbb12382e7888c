package vmstest

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/vms"
)

// patience is how long a machine may take for anything. It is not a measurement: it only
// keeps a broken machine from blocking the tests for ever.
const patience = 3 * time.Minute

// Subject is a provider under test.
type Subject struct {
	// Provider returns a provider: a new one each time, or the same where it
	// keeps a connection.
	Provider func() vms.Provider
	// Spec names a kernel that boots and a real guest agent; its Dir is not used.
	Spec vms.Spec
	// Left lists what there is of the provider's machines outside of this
	// process, such as instances on a server. It may be nil.
	Left func() ([]string, error)
}

// Conformance tests a provider. The test binary must call Child in its
// TestMain.
func Conformance(t *testing.T, subject Subject) {
	s := suite{Subject: subject}
	t.Run("capabilities", s.capabilities)
	t.Run("agent and console", s.agent)
	t.Run("commands and files", s.commands)
	t.Run("identity", s.identity)
	t.Run("close", s.close)
	t.Run("cancelled before the start", s.cancelledBefore)
	t.Run("cancelled while starting", s.cancelledWhile)
	t.Run("cancelled after the start", s.cancelledAfter)
	t.Run("killed parent", s.killedParent)
	t.Run("ten at once", s.ten)
}

type suite struct {
	Subject
}

// specIn returns a spec with a directory of its own.
func (s suite) specIn(t *testing.T) vms.Spec {
	spec := s.Spec
	spec.Dir = t.TempDir()
	return spec
}

// caps returns the provider's capabilities.
func (s suite) caps(t *testing.T) vms.Caps {
	t.Helper()
	caps, err := s.Provider().Caps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return caps
}

func (s suite) start(t *testing.T) vms.Machine {
	t.Helper()
	m, err := s.Provider().Start(t.Context(), s.specIn(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func (s suite) capabilities(t *testing.T) {
	p := s.Provider()
	if p.Name() == "" {
		t.Error("a provider without a name")
	}
	if s.caps(t).Detail == "" {
		t.Error("capabilities without a detail")
	}
}

func (s suite) agent(t *testing.T) {
	before := time.Now()
	m := s.start(t)
	resumed(t, m)
	if m.Info().Started.Before(before) || m.Info().Started.After(time.Now()) {
		t.Errorf("started at %v, which is not between %v and now", m.Info().Started, before)
	}
	if kind := m.Info().StartKind; kind != "boot" && kind != "fork" && kind != "standby" {
		t.Errorf("start kind %q", kind)
	}
	if err := m.Err(); err != nil {
		t.Errorf("error %v while it runs", err)
	}
	m.Close()
	console, err := os.ReadFile(m.Info().Console)
	if err != nil {
		t.Fatal(err)
	}
	if m.Info().StartKind == "boot" && !s.caps(t).NoConsole && !strings.Contains(string(console), "Linux version ") {
		t.Errorf("no kernel speaks on the console:\n%s", console)
	}
}

func (s suite) close(t *testing.T) {
	left := s.survey(t)
	m := s.start(t)
	var all errgroup.Group
	for range 4 {
		all.Go(m.Close)
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	if err := m.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	gone(t, m)
	if err := m.Err(); err != nil {
		t.Errorf("error %v after Close", err)
	}
	if _, err := m.Stream().Read(make([]byte, 1)); err == nil {
		t.Error("the stream of a closed machine can be read")
	}
	if _, err := os.Stat(m.Info().Console); err != nil {
		t.Errorf("the console log is gone: %v", err)
	}
	left.nothingElse(t)
}

// gone waits until the machine says that it is.
func gone(t *testing.T, m vms.Machine) {
	t.Helper()
	select {
	case <-m.Done():
	case <-time.After(patience):
		t.Fatal("the machine is still there")
	}
}

func (s suite) cancelledBefore(t *testing.T) {
	left := s.survey(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, err := s.Provider().Start(ctx, s.specIn(t))
	startFailed(t, m, err)
	left.nothingElse(t)
}

// startFailed wants the error of a start that was cancelled.
func startFailed(t *testing.T, m vms.Machine, err error) {
	t.Helper()
	var failed *vms.StartError
	if !errors.As(err, &failed) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want a *vms.StartError with %v", err, context.Canceled)
	}
	if m != nil {
		t.Error("a machine besides the error")
		m.Close()
	}
}

// cancelledWhile ends the context at many moments of a start, from its beginning
// to beyond its end.
func (s suite) cancelledWhile(t *testing.T) {
	left := s.survey(t)
	began := time.Now()
	s.start(t).Close()
	whole := time.Since(began)
	const moments = 12
	for i := range moments {
		ctx, cancel := context.WithCancel(t.Context())
		stop := time.AfterFunc(whole*time.Duration(i)/(moments-1), cancel)
		m, err := s.Provider().Start(ctx, s.specIn(t))
		if err != nil {
			startFailed(t, m, err)
		} else {
			cancel()
			gone(t, m)
			m.Close()
		}
		stop.Stop()
		cancel()
	}
	left.nothingElse(t)
}

func (s suite) cancelledAfter(t *testing.T) {
	left := s.survey(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m, err := s.Provider().Start(ctx, s.specIn(t))
	if err != nil {
		t.Fatal(err)
	}
	resumed(t, m)
	cancel()
	gone(t, m)
	m.Close()
	left.nothingElse(t)
}

// ten machines at once, from one provider.
func (s suite) ten(t *testing.T) {
	left := s.survey(t)
	p := s.Provider()
	machines := make([]vms.Machine, 10)
	var all errgroup.Group
	for i := range machines {
		spec := s.specIn(t)
		all.Go(func() (err error) {
			machines[i], err = p.Start(t.Context(), spec)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	for _, m := range machines {
		if m != nil {
			resumed(t, m)
		}
	}
	for _, m := range machines {
		if m != nil {
			m.Close()
		}
	}
	left.nothingElse(t)
}
