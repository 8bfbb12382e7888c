package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// answer is how long a machine took, from the call that starts it.
type answer struct {
	said  time.Duration // to the first byte that its agent sends
	awake time.Duration // to the agent's answer to its resume frame
}

// answer starts a machine, waits for its agent and ends it.
func (b *bench) answer(ctx context.Context, image kernel.Image, cold bool) (answer, error) {
	began := time.Now()
	m, err := b.start(ctx, image, cold)
	if err != nil {
		return answer{}, err
	}
	defer m.Close()
	heard := &heardMachine{Machine: m}
	s, err := session.Open(ctx, heard)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", image.Series, err)
	}
	defer s.Close()
	return answer{heard.first.Sub(began), time.Since(began)}, nil
}

// start boots a machine or forks one, and takes nothing else for it.
func (b *bench) start(ctx context.Context, image kernel.Image, cold bool) (vms.Machine, error) {
	m, err := b.provider.Start(ctx, vms.Spec{Kernel: image, Agent: b.agent, Dir: b.dir, Cold: cold})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", image.Series, err)
	}
	if notes := m.Info().Notes; !cold && (m.Info().StartKind != "fork" || len(notes) > 0) {
		m.Close()
		return nil, fmt.Errorf("%s: not simply forked: %s", image.Series, strings.Join(notes, "; "))
	}
	return m, nil
}

// heardMachine notes when its stream gave the first byte.
type heardMachine struct {
	vms.Machine
	first time.Time
}

func (h *heardMachine) Stream() io.ReadWriteCloser { return &heardStream{h.Machine.Stream(), h} }

// Port returns the machine's own, which embedding vms.Machine would hide.
func (h *heardMachine) Port() io.ReadWriteCloser { return vms.Port(h.Machine) }

type heardStream struct {
	io.ReadWriteCloser
	machine *heardMachine
}

func (s *heardStream) Read(p []byte) (int, error) {
	n, err := s.ReadWriteCloser.Read(p)
	if n > 0 && s.machine.first.IsZero() {
		s.machine.first = time.Now()
	}
	return n, err
}
