package lxd

import (
	"context"
	"fmt"

	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/lease"
)

// Orphans lists the instances of bpflab's project on the server.
func (p *Provider) Orphans(ctx context.Context) ([]vms.Orphan, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, removeLimit, errNoAnswer)
	defer cancel()
	s, err := p.visit(ctx)
	if err != nil {
		return nil, p.failed(err)
	}
	if s == nil {
		return nil, nil
	}
	var all []api.Instance
	err = within(ctx, func() (err error) {
		all, err = s.GetInstances(p.instanceType())
		return err
	})
	if err != nil {
		return nil, p.failed(err)
	}
	var left []vms.Orphan
	for _, i := range all {
		left = append(left, vms.Orphan{Name: i.Name, Where: s.whereIs(i.Location), State: i.Status, Owner: lease.Parse(i.Config[ownerKey]), Made: i.CreatedAt})
	}
	return left, nil
}

// whereIs returns the cluster member of an instance, or the server.
func (s *server) whereIs(location string) string {
	if s.info.Environment.ServerClustered {
		return location
	}
	return s.where
}

func (p *Provider) instanceType() api.InstanceType {
	if p.options.Containers {
		return api.InstanceTypeContainer
	}
	return api.InstanceTypeVM
}

// Remove removes an instance that Orphans has listed.
func (p *Provider) Remove(ctx context.Context, m vms.Orphan) error {
	ctx, cancel := context.WithTimeoutCause(ctx, removeLimit, errNoAnswer)
	defer cancel()
	s, err := p.visit(ctx)
	if err != nil {
		return p.failed(err)
	}
	if s == nil {
		return nil
	}
	if err := (&instance{server: s, name: m.Name}).remove(ctx); err != nil {
		return p.failed(fmt.Errorf("remove %s: %w", m.Name, err))
	}
	return nil
}
