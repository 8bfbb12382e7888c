//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/template"
)

// forkOrBoot forks a machine. A template that turns out to be no good is
// dropped and made again, once; where forking is not possible, a machine is
// booted. Either way the machine's notes say so. Kernels that do not boot are
// an error, because they would not boot the second time either.
func (p *Provider) forkOrBoot(ctx context.Context, s spec, dir string) (*machine, error) {
	key := templateKey(s)
	var notes []string
	for made := 0; !p.cannotFork(key); made++ {
		m, err := p.fork(ctx, s, key, dir)
		if err == nil {
			m.About.Notes = notes
			return m, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if errors.As(err, new(*unsoundError)) || errors.Is(err, errReplaced) || errors.Is(err, errNoAnswer) {
			return nil, err // not the template is at fault, but what it is made of
		}
		var damaged *damagedError
		if errors.As(err, &damaged) {
			p.templates.Drop(key)
			if made == 0 {
				notes = append(notes, damaged.Error()+"; it is made again")
				continue
			}
		}
		p.giveUpForking(key)
		if damaged == nil && doesNotBoot(err) {
			return nil, &vms.StartError{Provider: p.Name(), Err: err, Console: filepath.Join(dir, templateLog)}
		}
		notes = append(notes, fmt.Sprintf("booted, not forked: %v", p.recordRefusal(s, err, made > 0)))
	}
	m, err := p.boot(ctx, s, dir)
	if err == nil {
		m.About.Notes = notes
	}
	return m, err
}

func doesNotBoot(err error) bool {
	return errors.Is(err, vms.ErrPanic) || errors.Is(err, vms.ErrGone) || errors.Is(err, vms.ErrNoBoot)
}

// damagedError is a template from which no machine can be made.
type damagedError struct {
	kernel string
	err    error
}

func (e *damagedError) Error() string {
	return fmt.Sprintf("the template of %s is no good: %v", e.kernel, e.err)
}

func (e *damagedError) Unwrap() error { return e.err }

// fork starts a machine from the template, which it makes if there is none.
func (p *Provider) fork(ctx context.Context, s spec, key, dir string) (*machine, error) {
	t, err := p.template(ctx, s, key, dir)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	m, err := p.copyOf(ctx, s, t, filepath.Join(dir, consoleLog))
	switch {
	case s.qemu.replaced():
		if err == nil {
			m.Close()
		}
		return nil, errReplaced
	case err != nil && ctx.Err() == nil && !isRefusal(err) && !errors.Is(err, errNoAnswer):
		return nil, &damagedError{s.kernel.Release, err}
	case err != nil:
		return nil, err
	}
	m.About.StartKind = "fork"
	m.parent = &parent{port: t.About.Port, drop: func() { p.templates.Drop(key) }}
	return m, nil
}

// copyOf starts a machine with the template's memory and state, while it checks
// that these are what was saved. log is the name of its console log, as launch has it.
func (p *Provider) copyOf(ctx context.Context, s spec, t *template.Template, log string) (*machine, error) {
	var m *machine
	group, both := errgroup.WithContext(ctx)
	group.Go(t.Verify)
	group.Go(func() error {
		state, err := statePipe(t.State)
		if err != nil {
			return err
		}
		defer state.Close()
		m, err = s.launch(both, forkArguments(s), log, t.Memory, state)
		if err != nil {
			return err
		}
		return m.resume(both)
	})
	err := group.Wait()
	if err != nil && m != nil {
		m.Close()
	}
	return m, err
}
