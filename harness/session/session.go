package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// Limits on a machine's silence, on a host as fast as usual (see [Session.Limit]). A living
// agent sends a frame every second, also while the verifier works.
const (
	// ResumeTimeout is how long a snapshot-ready agent may take to its ready frame.
	ResumeTimeout = 20 * time.Second
	// HangTimeout is how long a machine may be silent once it was ready.
	HangTimeout = 15 * time.Second
)

// ErrHang is a machine that runs and says nothing.
var ErrHang = errors.New("the machine hangs: its agent fell silent")

// Session is one machine whose agent answered.
type Session struct {
	Ready wire.Ready // what the agent said of its machine

	machine vms.Machine
	client  *wire.Client
	alive   context.Context // ends with the machine; its cause says why
	stop    context.CancelCauseFunc
	left    *step // what Single did last, and has left in the machine
	allowed AllowSplats

	judged int64 // how much of the console LastSplats has seen, in bytes
	marks  int   // that LastSplats had written
	deaf   bool  // a mark did not come to the console in time: no other is waited for
}

// Open prepares and resumes the machine's agent. The error is the machine's
// *vms.Crash if it died, vms.ErrNoBoot if it did not answer in time, ctx's
// cause, or what is wrong with the stream. The caller closes the machine,
// whatever Open returns.
func Open(ctx context.Context, m vms.Machine) (*Session, error) {
	s := &Session{machine: m}
	s.alive, s.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := s.resume(ctx); err != nil {
		err = s.why(ctx, err)
		s.stop(err)
		return nil, err
	}
	s.SkipSplats()
	go s.watch()
	return s, nil
}

func (s *Session) resume(ctx context.Context) error {
	stream := s.machine.Stream()
	if s.machine.Info().StartKind == "boot" {
		boot, cancel := context.WithTimeoutCause(ctx, s.Limit(vms.BootTimeout), vms.ErrNoBoot)
		defer cancel()
		var err error
		if stream, err = wire.Prepare(boot, stream, vms.Port(s.machine)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.Limit(ResumeTimeout), vms.ErrNoBoot)
	defer cancel()
	s.client = wire.NewClient(stream)
	var err error
	s.Ready, err = s.client.Resume(ctx, wire.NewResume())
	return err
}

// Machine returns the session's machine.
func (s *Session) Machine() vms.Machine { return s.machine }

// Limit returns how long something may take in the machine that has this limit on a
// usual host.
func (s *Session) Limit(usual time.Duration) time.Duration {
	return s.machine.Info().Limit(usual)
}

// Done returns a channel that is closed when the session has ended: with its machine,
// when the machine fell silent, or by Close. Why says which.
func (s *Session) Done() <-chan struct{} { return s.alive.Done() }

// Why returns why the session has ended, nil while it has not.
func (s *Session) Why() error { return context.Cause(s.alive) }

// Close ends the session; the machine is the caller's.
func (s *Session) Close() { s.stop(errors.New("session closed")) }

// watch ends the session when the machine dies or hangs.
func (s *Session) watch() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	listener := listener{last: time.Now(), since: time.Now()}
	for {
		select {
		case <-s.alive.Done():
			return
		case <-s.machine.Done():
			s.stop(s.death())
			return
		case <-tick.C:
			if silence := listener.silence(time.Now(), s.client.Silence()); silence > s.Limit(HangTimeout) {
				if err := s.client.Unfinished(); err != nil {
					s.stop(err)
					return
				}
				s.stop(fmt.Errorf("%w for %.0f s", ErrHang, silence.Seconds()))
				return
			}
		}
	}
}

// death returns why the machine is gone.
func (s *Session) death() error {
	if err := s.machine.Err(); err != nil {
		return err
	}
	return &vms.Crash{Reason: vms.ErrReset, Splat: "the guest powered off"}
}

// Call does one operation of the guest's (package wire has them). It ends with ctx
// and with the machine: the error is the machine's *vms.Crash if it died, ErrHang
// if it fell silent, a *wire.Fault if the guest said no.
func (s *Session) Call(ctx context.Context, op string, args, result any, io wire.IO) error {
	return s.call(ctx, op, args, result, io)
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
	case errors.As(err, &fault) && fault.Code == wire.CodeMemory:
		return fmt.Errorf("%w: %s", vms.ErrMemory, fault.Msg)
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
	case <-time.After(s.Limit(graceForDeath)):
		return err
	case <-ctx.Done():
		return err
	}
}
