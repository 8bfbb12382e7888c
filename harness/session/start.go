package session

import (
	"context"

	"github.com/bpflab/bpflab/vms"
)

// Start starts a machine and opens a session in it; done ends both. What a fork
// that does not answer was made from is dropped, and a machine booted in its place.
// Errors are those of Provider.Start and of Open.
func Start(ctx context.Context, p vms.Provider, spec vms.Spec) (s *Session, done func(), err error) {
	for {
		m, err := p.Start(ctx, spec)
		if err != nil {
			return nil, nil, err
		}
		s, err := Open(ctx, m)
		if err == nil {
			return s, func() { s.Close(); m.Close() }, nil
		}
		m.Close()
		if m.Info().StartKind != "fork" || ctx.Err() != nil {
			return nil, nil, err
		}
		vms.Reject(m)
		spec.Cold = true
	}
}
