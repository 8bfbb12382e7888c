package lxd

import (
	"context"
	"errors"
	"time"
)

// silence is how long a guest may take to print its kernel's first line before it counts
// as not running: LXD starts guests in KVM wherever /dev/kvm exists, but in containers and
// nested machines they may never run.
const silence = 6 * time.Second

// errSilent is a guest that was started in KVM and printed nothing.
var errSilent = errors.New("a guest in KVM stays silent")

// launch starts the machine, in KVM if guests run there on its member. The first
// machine on a member finds that out; the error is errSilent if they do not.
func (i *instance) launch(ctx context.Context, b directBoot) error {
	m := i.member
	if err := m.learning.Acquire(ctx, 1); err != nil {
		return err
	}
	if !m.launched {
		defer m.learning.Release(1)
		return i.launchFirst(ctx, b)
	}
	b.emulate = m.emulates
	m.learning.Release(1)
	return i.startAs(ctx, b)
}

// launchFirst starts the machine in KVM, unless KVM is known not to work. A failed start
// proves nothing: the next one is without KVM, and its error counts.
func (i *instance) launchFirst(ctx context.Context, b directBoot) error {
	m := i.member
	b.emulate = m.emulates || i.server.recallsEmulation(m.name)
	err := i.startAs(ctx, b)
	switch {
	case ctx.Err() != nil:
		return errors.Join(err, ctx.Err())
	case !b.emulate && (err != nil || !i.answers(ctx)):
		m.emulates = true
		return errors.Join(errSilent, err)
	case err != nil:
		return err
	case b.emulate && !i.answers(ctx):
		m.emulates = false // it is not for KVM; the next one tries that again
		return nil
	}
	m.launched, m.emulates = true, b.emulate
	if b.emulate {
		i.server.rememberEmulation(m.name)
	}
	return nil
}

// startAs configures and starts the machine.
func (i *instance) startAs(ctx context.Context, b directBoot) error {
	if err := i.configure(ctx, b); err != nil {
		return err
	}
	return i.start(ctx)
}

// answers waits for the kernel's first output, and reports whether it came.
func (i *instance) answers(ctx context.Context) bool {
	limit := time.After(silence)
	for {
		if text, err := i.kernelLog(ctx, 0); err == nil && len(text) > 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-limit:
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// emulationKey, with a member's name, is where the project remembers until when
// guests of that member are emulated without a try of KVM.
const emulationKey = "user.bpflab.emulate-until."

// emulationTerm is how long that is remembered: a server may get KVM.
const emulationTerm = 24 * time.Hour

func (s *server) recallsEmulation(member string) bool {
	project, _, err := s.GetProject(s.project)
	if err != nil {
		return false
	}
	until, err := time.Parse(time.RFC3339, project.Config[emulationKey+orSelf(member)])
	return err == nil && time.Now().Before(until)
}

// rememberEmulation spares the next process the attempt. If it cannot be written, the next
// process only repeats the attempt.
func (s *server) rememberEmulation(member string) {
	project, etag, err := s.GetProject(s.project)
	if err != nil {
		return
	}
	put := project.Writable()
	put.Config[emulationKey+orSelf(member)] = time.Now().Add(emulationTerm).UTC().Format(time.RFC3339)
	s.UpdateProject(s.project, put, etag)
}

func orSelf(member string) string {
	if member == "" {
		return "self"
	}
	return member
}
