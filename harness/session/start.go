package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Start starts a machine and opens a session in it; done ends both. What a fork
// that does not answer was made from is dropped, and a machine booted in its place; where
// that fails too, another follows that does without the accelerator, if the provider has
// such. The notes say so. Errors are those of Provider.Start and of Open.
func Start(ctx context.Context, p vms.Provider, spec vms.Spec) (s *Session, notes []string, done func(), err error) {
	spec = spec.Sized()
	for {
		m, err := p.Start(ctx, spec)
		started := err == nil
		if started {
			notes = append(notes, m.Info().Notes...)
			if s, err = Open(ctx, m); err == nil {
				if err = s.CheckVariant(spec.Kernel); err != nil {
					s.Close()
					m.Close()
					return nil, nil, nil, err
				}
				return s, notes, func() { s.Close(); m.Close() }, nil
			}
			m.Close()
		}
		switch caps := fallback(ctx, p, spec, err); {
		case ctx.Err() != nil:
			return nil, nil, nil, err
		case started && Otherwise(&spec, m, err, &notes):
		case caps.Fallback != "":
			spec.Emulate = true
			notes = append(notes, FallbackNote(caps, err))
		default:
			return nil, nil, nil, err
		}
	}
}

// Otherwise changes the spec of a closed machine that failed with err so that the next one is
// started in another way, and reports whether there is one: a machine that has waited is
// followed by one of the caller's own, and a fork, whose template is dropped, by a boot. The
// notes say so.
func Otherwise(spec *vms.Spec, m vms.Machine, err error, notes *[]string) bool {
	switch m.Info().StartKind {
	case "standby":
		spec.Own = true
		*notes = append(*notes, fmt.Sprintf("a standby machine did not answer (%v): another one was started instead", err))
	case "fork":
		vms.Reject(m)
		spec.Cold = true
		*notes = append(*notes, rejectNote(err))
	default:
		return false
	}
	return true
}

// fallback returns what the provider can do instead where a machine of the spec has
// failed, nothing if it cannot, as where the machine was emulated anyway.
func fallback(ctx context.Context, p vms.Provider, spec vms.Spec, err error) vms.Caps {
	if spec.Emulate || spec.Kernel.Arch.OrDefault() != kernel.HostArch() || errors.As(err, new(*vms.SizeError)) {
		return vms.Caps{}
	}
	caps, capsErr := p.Caps(ctx)
	if capsErr != nil {
		return vms.Caps{}
	}
	return caps
}

// rejectNote returns what a user should know of a fork that failed with err.
func rejectNote(err error) string {
	return fmt.Sprintf("a fork did not answer (%v): its template is dropped, and a machine was booted instead", err)
}

// FallbackNote returns what a user should know of a machine that failed with err and was
// followed by one with Caps.Fallback.
func FallbackNote(caps vms.Caps, err error) string {
	return fmt.Sprintf("a machine failed with %s and was tried once more with %s: %v", caps.Accelerator, caps.Fallback, err)
}
