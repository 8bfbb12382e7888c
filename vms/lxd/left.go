package lxd

import (
	"context"
	"fmt"

	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/owner"
)

// Left lists the instances of our project on the server.
func (p *Provider) Left(ctx context.Context) ([]vms.Left, error) {
	s, err := p.connect(ctx)
	if err != nil {
		return nil, p.failed(err)
	}
	all, err := s.GetInstances(p.instanceType())
	if err != nil {
		return nil, p.failed(err)
	}
	var left []vms.Left
	for _, i := range all {
		where := s.where
		if s.info.Environment.ServerClustered {
			where = i.Location
		}
		left = append(left, vms.Left{Name: i.Name, Where: where, State: i.Status, Owner: owner.Parse(i.Config[ownerKey]), Made: i.CreatedAt})
	}
	return left, nil
}

func (p *Provider) instanceType() api.InstanceType {
	if p.options.Containers {
		return api.InstanceTypeContainer
	}
	return api.InstanceTypeVM
}

// Remove removes an instance that Left has listed.
func (p *Provider) Remove(ctx context.Context, m vms.Left) error {
	s, err := p.connect(ctx)
	if err != nil {
		return p.failed(err)
	}
	if err := (&instance{server: s, name: m.Name}).remove(ctx); err != nil {
		return p.failed(fmt.Errorf("remove %s: %w", m.Name, err))
	}
	return nil
}
