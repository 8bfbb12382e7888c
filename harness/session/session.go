package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bpflab/bpflab/harness/wire"
	"github.com/bpflab/bpflab/vms"
)

// Limits on a machine's silence. A living agent sends a frame every second,
// also while the verifier works.
const (
	// BootTimeout is how long a machine may take to its ready frame. It is
	// generous: many machines may share few cores.
	BootTimeout = 90 * time.Second
	// HangTimeout is how long a machine may be silent once it was ready.
	HangTimeout = 15 * time.Second
)

// ErrHang is a machine that runs and says nothing.
var ErrHang = errors.New("the machine hangs: its agent fell silent")

// ErrNoBoot is a machine that runs but never got to its agent.
var ErrNoBoot = errors.New("the machine hangs: its agent did not answer")

// Session is one machine whose agent answered.
type Session struct {
	Ready wire.Ready // what the agent said of its machine

	machine vms.Machine
	client  *wire.Client
	alive   context.Context // ends with the machine; its cause says why
	stop    context.CancelCauseFunc
}

// Open waits for the machine's agent. The error is the machine's *vms.Crash if
// it died, ErrNoBoot if it did not answer in time, ctx's cause, or what is
// wrong with the stream. The caller closes the machine, whatever Open returns.
func Open(ctx context.Context, m vms.Machine) (*Session, error) {
	s := &Session{machine: m, client: wire.NewClient(m.Stream())}
	s.alive, s.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	boot, cancel := context.WithTimeoutCause(ctx, BootTimeout, ErrNoBoot)
	defer cancel()
	ready, err := s.client.Ready(boot)
	if err != nil {
		err = s.why(ctx, err)
		s.stop(err)
		return nil, err
	}
	s.Ready = ready
	go s.watch()
	return s, nil
}

// Close ends the session; the machine is the caller's.
func (s *Session) Close() { s.stop(errors.New("session closed")) }

// watch ends the session when the machine dies or hangs.
func (s *Session) watch() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.alive.Done():
			return
		case <-s.machine.Done():
			s.stop(s.death())
			return
		case <-tick.C:
			if silence := s.client.Silence(); silence > HangTimeout {
				s.stop(fmt.Errorf("%w for %.0f s", ErrHang, silence.Seconds()))
				return
			}
		}
	}
}

// death is why the machine is gone.
func (s *Session) death() error {
	if err := s.machine.Err(); err != nil {
		return err
	}
	return &vms.Crash{Reason: vms.ErrGone}
}

// call does one operation; it ends with ctx and with the machine.
func (s *Session) call(ctx context.Context, op string, args, result any, io wire.IO) error {
	both, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.alive, func() { cancel(context.Cause(s.alive)) })()
	err := s.client.Call(both, op, args, result, io)
	if err == nil {
		return nil
	}
	return s.why(ctx, err)
}

// graceForDeath is how long a broken stream waits to learn that its machine died.
const graceForDeath = 2 * time.Second

// why finds the cause behind an error: a stream that broke because the
// machine died is the machine's death.
func (s *Session) why(ctx context.Context, err error) error {
	var fault *wire.Fault
	switch {
	case errors.As(err, &fault):
		return err
	case s.alive.Err() != nil:
		return context.Cause(s.alive)
	case ctx.Err() != nil:
		return err
	}
	select {
	case <-s.machine.Done():
		return s.death()
	case <-time.After(graceForDeath):
		return err
	case <-ctx.Done():
		return err
	}
}
