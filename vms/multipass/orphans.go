package multipass

import (
	"context"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms"
)

// prefix begins the names of bpflab's instances.
const prefix = "bpflab-"

// Orphans lists the instances with a name like bpflab's. Those without
// a note have no owner.
func (p *Provider) Orphans(ctx context.Context) ([]vms.Orphan, error) {
	text, err := p.multipass.run(ctx, nil, "list", "--format", "json")
	if err != nil {
		return nil, failed(err)
	}
	all, err := parseList(text)
	if err != nil {
		return nil, failed(err)
	}
	var left []vms.Orphan
	for _, i := range all {
		if strings.HasPrefix(i.Name, prefix) {
			tag, made := p.notes.read(i.Name)
			left = append(left, vms.Orphan{Name: i.Name, State: i.State, Owner: tag, Made: made})
		}
	}
	p.notes.sweep(func(name string) bool {
		return slices.ContainsFunc(all, func(i listed) bool { return i.Name == name })
	})
	return left, nil
}

// Remove removes an instance that Orphans has listed.
func (p *Provider) Remove(ctx context.Context, m vms.Orphan) error {
	if err := p.instance(m.Name).remove(ctx); err != nil {
		return failed(err)
	}
	return nil
}
