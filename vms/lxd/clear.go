package lxd

import (
	"context"
	"fmt"
	"strings"

	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms/owner"
)

// Clear removes the project with all that is in it: instances, images, volumes.
// It refuses if the project holds an instance that is not ours.
func (p *Provider) Clear(ctx context.Context) error {
	s, err := p.connect(ctx)
	if err != nil {
		return p.failed(err)
	}
	if err := p.clear(ctx, s); err != nil {
		return p.failed(fmt.Errorf("clear project %s: %w", p.options.Project, err))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server, p.members = nil, map[string]*member{}
	return nil
}

func (p *Provider) clear(ctx context.Context, s *server) error {
	all, err := s.GetInstances(api.InstanceTypeAny)
	if err != nil {
		return err
	}
	for _, i := range all {
		if owner.Parse(i.Config[ownerKey]) == (owner.Tag{}) {
			return fmt.Errorf("instance %s is not ours: it has no %s", i.Name, ownerKey)
		}
	}
	for _, i := range all {
		if err := (&instance{server: s, name: i.Name}).remove(ctx); err != nil {
			return err
		}
	}
	if err := clearVolumes(s); err != nil {
		return err
	}
	if err := clearImages(ctx, s); err != nil {
		return err
	}
	if p.options.Project != defaultProject {
		return nil // made by somebody else
	}
	return s.DeleteProject(p.options.Project)
}

// clearVolumes removes our volumes, on every member.
func clearVolumes(s *server) error {
	pools, err := s.GetStoragePoolNames()
	if err != nil {
		return err
	}
	for _, pool := range pools {
		volumes, err := s.GetStoragePoolVolumes(pool)
		if err != nil {
			return err
		}
		for _, v := range volumes {
			if v.Type != "custom" || !strings.HasPrefix(v.Name, "bpflab-") {
				continue
			}
			at := s
			if s.info.Environment.ServerClustered {
				at = s.on(v.Location)
			}
			if err := at.DeleteStoragePoolVolume(pool, "custom", v.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func clearImages(ctx context.Context, s *server) error {
	images, err := s.GetImageFingerprints()
	if err != nil {
		return err
	}
	for _, fingerprint := range images {
		op, err := s.DeleteImage(fingerprint)
		if err != nil {
			return err
		}
		if err := await(ctx, op); err != nil {
			return err
		}
	}
	return nil
}
