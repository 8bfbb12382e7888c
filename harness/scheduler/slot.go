package scheduler

import (
	"context"
	"errors"
	"fmt"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Slot is a task's place among those that may have a machine.
type Slot struct {
	Wait float64 // seconds that the task waited for it

	pool      *Pool
	task      Task
	machines  int // started so far
	worked    bool
	admission *admission
	class     class
	machine   vms.Machine // nil while there is none
	held      int64       // what it held when it was last looked at, in bytes
	measured  bool        // the last machine was measured when it was let go
}

// Do starts a machine and has use work in it, again in another machine while that
// fails and the pool's retries are left. It returns the last machine's error, nil
// if use returned nil. ended is called with what there is to know of each machine
// once it is gone, and with whether another one follows; it may be nil.
//
// use returns nil if it did all it had to; an error of [Another] to go on in
// another machine, which is no failure; any other error if the machine failed it.
func (s *Slot) Do(ctx context.Context, use func(context.Context, *Attempt) error, ended func(a Attempt, again bool)) error {
	for failed := 0; ; {
		a := s.once(ctx, use)
		again := s.again(ctx, &a, &failed)
		if ended != nil {
			ended(a, again)
		}
		if !again {
			s.worked = a.Err == nil
			return a.Err
		}
	}
}

// again reports whether another machine is to follow one that has ended, and makes
// room for it. failed counts those that failed.
func (s *Slot) again(ctx context.Context, a *Attempt, failed *int) bool {
	if a.Err == nil || ctx.Err() != nil || errors.As(a.Err, new(*vms.SizeError)) || errors.As(a.Err, new(*vms.UnsupportedError)) {
		return false // there is nothing to try again, or it would end the same way
	}
	count := !errors.As(a.Err, new(*another))
	if count {
		*failed++
	}
	switch {
	case *failed > s.pool.Retries:
		return false
	case errors.Is(a.Err, vms.ErrAgent) || errors.Is(a.Err, vms.ErrMemory):
		if err := s.grow(ctx); err != nil {
			a.Err = errors.Join(a.Err, err)
			return false
		}
	case count && *failed == s.pool.Retries:
		s.fallBack(a)
	}
	return true
}

// fallBack has the task's last machine do without the accelerator with which the others
// failed, where the provider has another one.
func (s *Slot) fallBack(a *Attempt) {
	if caps := s.pool.Caps; caps.Fallback != "" && s.task.Machine.Kernel.Arch.OrDefault() == kernel.HostArch() {
		s.task.Machine.Emulate = true
		a.Notes = append(a.Notes, session.FallbackNote(caps, a.Err))
	}
}

// another asks for another machine.
type another struct{ err error }

func (e *another) Error() string { return fmt.Sprintf("another machine is needed: %v", e.err) }
func (e *another) Unwrap() error { return e.err }

// Another returns an error for Slot.Do's use to return where it wants to go on in
// another machine: err is what became of this one, and is no failure of the task.
// The caller sees to it that this ends.
func Another(err error) error { return &another{err} }

// grow gives the task's next machine twice the memory, as far as the host has it.
// The error says that it has no more.
func (s *Slot) grow(ctx context.Context) error {
	had := memoryOf(s.task)
	if v := s.task.Machine.Kernel.Variant; v.Memory() > 0 {
		return fmt.Errorf("the machine has the memory that %s gives it", v.Suffix())
	}
	more := 2 * had
	if host := s.pool.admission.host(); host.Total > 0 {
		more = min(more, host.Total-host.Total/reserve-guestOverhead)
	}
	if more <= had {
		return fmt.Errorf("the host has no more memory than the %d MiB that the machine had", had>>20)
	}
	s.task.Machine.Memory = more
	return s.pool.admission.again(ctx, s, classOf(s.task))
}

// watch starts measuring the machine.
func (s *Slot) watch(machine vms.Machine) {
	s.admission.mu.Lock()
	defer s.admission.mu.Unlock()
	s.machine = machine
}

// unwatch ends what watch began with a last look; it is called before the machine is
// closed. A guest keeps what it once touched, so the last look is about the most it
// held.
func (s *Slot) unwatch() {
	s.admission.mu.Lock()
	defer s.admission.mu.Unlock()
	last := vms.Memory(s.machine)
	s.admission.accounting.saw(s, last)
	s.machine, s.held, s.measured = nil, 0, last > 0
}

// leave gives the slot back, once its machine is gone; nil has nothing to give.
func (s *Slot) leave() {
	if s == nil {
		return
	}
	s.admission.mu.Lock()
	defer s.admission.mu.Unlock()
	s.admission.accounting.leave(s, s.worked)
	s.admission.wake()
}
