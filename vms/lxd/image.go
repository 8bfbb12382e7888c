package lxd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms"
)

// startImage starts a machine with the kernel of a distribution's image, or with
// one that is installed there first.
func (p *Provider) startImage(ctx context.Context, s *server, want vms.Spec) (*machine, error) {
	image, _ := parseImage(want.Kernel.Selector)
	source, err := image.source(s)
	if err != nil {
		return nil, err
	}
	if image.install != "" {
		if source, err = p.withKernel(ctx, s, source, image, want); err != nil {
			return nil, err
		}
	}
	i, err := p.createImage(ctx, s, source, want)
	if err != nil {
		return nil, err
	}
	m, err := i.startImage(ctx, want)
	if err != nil {
		return nil, errors.Join(i.note(err), i.removeLater(ctx))
	}
	return m, nil
}

// createImage makes an instance of an image, with a network where the server has
// one: installing a kernel needs it.
func (p *Provider) createImage(ctx context.Context, s *server, source api.InstanceSource, want vms.Spec) (*instance, error) {
	pool, err := s.pool()
	if err != nil {
		return nil, err
	}
	post := emptyMachine(want, pool)
	post.Type, post.Source = p.imageType, source
	post.Devices = map[string]map[string]string{"root": {"type": "disk", "pool": pool, "path": "/"}}
	if bridge := s.bridge(); bridge != "" {
		post.Devices["eth0"] = map[string]string{"type": "nic", "network": bridge}
	}
	if want.Memory == 0 {
		post.Config["limits.memory"] = "1GiB"
	}
	if p.imageType != api.InstanceTypeVM {
		delete(post.Config, "security.secureboot") // containers stand in for machines in tests
	}
	return p.create(ctx, s, post)
}

// bridge returns a network of the server's that machines may join, or "".
func (s *server) bridge() string {
	networks, err := s.UseProject("default").GetNetworks()
	if err != nil {
		return ""
	}
	for _, n := range networks {
		if n.Managed && n.Type == "bridge" {
			return n.Name
		}
	}
	return ""
}

// startImage starts the instance, and the agent in it when LXD can run commands
// there.
func (i *instance) startImage(ctx context.Context, want vms.Spec) (*machine, error) {
	started := time.Now()
	if err := i.start(ctx); err != nil {
		return nil, err
	}
	if err := i.takesCommands(ctx); err != nil {
		return nil, err
	}
	if err := i.runsInstalled(ctx); err != nil {
		return nil, err
	}
	if err := i.push(want.Agent, guestAgent); err != nil {
		return nil, err
	}
	m, err := i.serve(started, filepath.Join(want.Dir, consoleLog), []string{guestAgent, "agent"})
	if err != nil {
		return nil, err
	}
	if _, err := i.exec([]string{"dmesg", "--follow"}, output{m.kernel}, m.kernel); err != nil {
		fmt.Fprintln(m.kernel, "bpflab: the kernel's messages cannot be followed:", err)
	}
	return m, nil
}

// guestAgent is where the agent is in a distribution's machine.
const guestAgent = "/opt/bpflab/bpflab"

// takesCommands waits until LXD's agent runs in the machine.
func (i *instance) takesCommands(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, imageBoot)
	defer cancel()
	for {
		_, err := i.run(ctx, "true")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("LXD's agent does not answer in the machine: %w", err)
		case <-time.After(time.Second):
		}
	}
}

// imageBoot is how long a distribution may take to boot.
const imageBoot = 10 * time.Minute

// push copies a program of this host's into the instance.
func (i *instance) push(file, to string) error {
	err := i.server.CreateInstanceFile(i.name, filepath.Dir(to), lxd.InstanceFileArgs{Type: "directory", Mode: 0o700})
	if err != nil && !api.StatusErrorCheck(err, 409) {
		return err
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	return i.server.CreateInstanceFile(i.name, to, lxd.InstanceFileArgs{Type: "file", Mode: 0o700, Content: in})
}
