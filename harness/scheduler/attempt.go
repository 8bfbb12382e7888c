package scheduler

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// once starts a machine, calls use with it, and removes it.
func (s *Slot) once(ctx context.Context, use func(context.Context, *Attempt) error) (a Attempt) {
	s.machines++
	began := time.Now()
	machine, err := s.open(ctx, &a)
	a.Start = time.Since(began).Seconds()
	if err != nil {
		a.Err = err
		return a
	}
	defer s.remove(machine, &a)
	defer a.Session.Close()
	if a.Err = a.Session.CheckVariant(s.task.Machine.Kernel); a.Err == nil {
		a.Err = use(ctx, &a)
	}
	return a
}

// open starts a machine and a session in it. A fork that does not answer is not the
// task's fault: its template is dropped, and a machine is booted in its place.
func (s *Slot) open(ctx context.Context, a *Attempt) (vms.Machine, error) {
	spec := s.task.Machine
	for spec.Cold = s.pool.Cold; ; {
		machine, err := s.start(ctx, spec)
		if err != nil {
			s.notStarted(err, a)
			return nil, err
		}
		s.watch(machine)
		a.Machine = machine.Info()
		a.Notes = append(a.Notes, a.Machine.Notes...)
		a.Console = s.below(a.Machine.Console)
		if a.Session, err = session.Open(ctx, machine); err == nil {
			a.Session.Expect(s.pool.AllowSplats)
			return machine, nil
		}
		s.remove(machine, a)
		if ctx.Err() != nil || !session.Otherwise(&spec, machine, err, &a.Notes) {
			return nil, err
		}
	}
}

func (s *Slot) start(ctx context.Context, spec vms.Spec) (vms.Machine, error) {
	dir := filepath.Join(s.pool.Dir, s.task.Dir(s.machines))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	spec.Agent, spec.Dir = s.pool.Agent, dir
	if arch := spec.Kernel.Arch; s.pool.Foreign != nil && !arch.Is(kernel.HostArch()) {
		var err error
		if spec.Agent, spec.Busybox, err = s.pool.Foreign(ctx, arch); err != nil {
			return nil, err
		}
	}
	return s.pool.Provider.Start(ctx, spec)
}

// notStarted records what is known of a machine that did not start.
func (s *Slot) notStarted(err error, a *Attempt) {
	var failed *vms.StartError
	if errors.As(err, &failed) {
		a.Machine.Where, a.Machine.Hypervisor = failed.Where, failed.On
		a.Console = s.below(failed.Console)
	}
}

// below returns a path as seen from the pool's directory, "" for none.
func (s *Slot) below(path string) string {
	if path == "" {
		return ""
	}
	relative, err := filepath.Rel(s.pool.Dir, path)
	if err != nil {
		return ""
	}
	return relative
}

// remove closes the machine. If a server does not answer and the machine is left there,
// that is a note, and not the task's failure.
func (s *Slot) remove(machine vms.Machine, a *Attempt) {
	s.unwatch()
	if err := machine.Close(); err != nil {
		a.Notes = append(a.Notes, err.Error())
	}
}
