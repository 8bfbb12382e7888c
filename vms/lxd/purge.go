package lxd

import (
	"context"
	"fmt"
	"time"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms/lease"
)

// Purge removes the project with all that is in it, instances and images. It
// refuses if the project holds an instance that is not bpflab's.
func (p *Provider) Purge(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, purgeLimit, errNoAnswer)
	defer cancel()
	s, err := p.visit(ctx)
	if err != nil {
		return p.failed(err)
	}
	if s == nil {
		return nil
	}
	if err := within(ctx, func() error { return p.purge(ctx, s) }); err != nil {
		return p.failed(fmt.Errorf("purge project %s: %w", p.options.Project, err))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entered = false
	return nil
}

// purgeLimit is how long a server may take to remove all of it.
const purgeLimit = 5 * time.Minute

func (p *Provider) purge(ctx context.Context, s *server) error {
	all, err := s.GetInstances(api.InstanceTypeAny)
	if err != nil {
		return err
	}
	for _, i := range all {
		if lease.Parse(i.Config[ownerKey]) == (lease.Owner{}) {
			return fmt.Errorf("instance %s is not bpflab's: it has no %s", i.Name, ownerKey)
		}
	}
	for _, i := range all {
		if err := (&instance{server: s, name: i.Name}).remove(ctx); err != nil {
			return err
		}
	}
	if err := purgeImages(ctx, s); err != nil {
		return err
	}
	if p.options.Project != defaultProject {
		return nil // made by somebody else
	}
	return s.DeleteProject(p.options.Project)
}

func purgeImages(ctx context.Context, s *server) error {
	images, err := s.GetImageFingerprints()
	if err != nil {
		return err
	}
	for _, fingerprint := range images {
		if err := s.perform(ctx, func() (lxd.Operation, error) { return s.DeleteImage(fingerprint) }); err != nil {
			return err
		}
	}
	return nil
}
