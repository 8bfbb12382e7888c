package lxd

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms"
)

// startContainer starts a container, which is deleted when it stops, and the
// agent in it.
func (p *Provider) startContainer(ctx context.Context, s *server, want vms.Spec) (*machine, error) {
	pool, err := s.pool()
	if err != nil {
		return nil, err
	}
	alias, err := p.publish(ctx, s, want.Agent)
	if err != nil {
		return nil, err
	}
	i, err := p.create(ctx, s, privileged(alias, pool))
	if err != nil {
		return nil, err
	}
	m, err := i.startServing(ctx, want.Dir)
	if err != nil {
		return nil, errors.Join(i.note(err), i.removeLater(ctx))
	}
	return m, nil
}

// privileged asks for a container whose root may load programs, mount the file
// systems of BPF and tracing, and make network namespaces.
func privileged(alias, pool string) api.InstancesPost {
	return api.InstancesPost{
		Type:   api.InstanceTypeContainer,
		Source: api.InstanceSource{Type: "image", Alias: alias},
		InstancePut: api.InstancePut{
			Ephemeral: true,
			Config: map[string]string{
				"security.privileged": "true",
				"security.nesting":    "true",
				"raw.lxc":             "lxc.apparmor.profile = unconfined\nlxc.mount.auto = proc:rw sys:rw cgroup:rw\n",
			},
			Devices: map[string]map[string]string{"root": {"type": "disk", "pool": pool, "path": "/"}},
		},
	}
}

func (i *instance) startServing(ctx context.Context, dir string) (*machine, error) {
	started := time.Now()
	if err := i.start(ctx); err != nil {
		return nil, err
	}
	return i.serve(started, filepath.Join(dir, consoleLog), serveCommand)
}

// serveCommand runs the agent, and leaves its number for the container's init.
var serveCommand = []string{"/bin/sh", "-c", "echo $$ >/agent.new; mv /agent.new /agent; exec /init agent"}

// containerInit is the first process of a container: it ends, and the container
// with it, when the agent has ended, or none came in a minute.
const containerInit = `#!/bin/sh
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
left=600
while [ ! -e /agent ]; do
	[ $left -gt 0 ] || exit 1
	left=$((left - 1))
	sleep 0.1
done
while [ -d /proc/$(cat /agent) ]; do sleep 0.2; done
`
