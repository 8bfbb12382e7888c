package lxd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/initramfs"
	"github.com/bpflab/bpflab/vms/install"
)

// usualModules are loaded where the kernel has them: labs with packets need
// them.
var usualModules = []string{"veth", "dummy", "sch_ingress", "cls_bpf", "act_bpf"}

// Start starts a machine and returns once its stream is open. It ends with ctx.
func (p *Provider) Start(ctx context.Context, want vms.Spec) (vms.Machine, error) {
	if err := ctx.Err(); err != nil {
		return nil, p.failed(context.Cause(ctx))
	}
	s, err := p.connect(ctx)
	if err != nil {
		return nil, p.failed(err)
	}
	start := p.startDirect
	switch {
	case p.options.Containers:
		start = p.startContainer
	case isImage(want.Kernel):
		start = p.startImage
	}
	m, err := start(ctx, s, want)
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		return nil, p.failed(err)
	}
	m.CloseWith(ctx)
	return m, nil
}

// startDirect boots the kernel that is wanted in a virtual machine without a
// disk. One that stays silent in KVM is replaced: on each member at most once.
func (p *Provider) startDirect(ctx context.Context, s *server, want vms.Spec) (*machine, error) {
	files, err := p.bootFiles(ctx, want)
	if err != nil {
		return nil, err
	}
	pool, err := s.pool()
	if err != nil {
		return nil, err
	}
	for {
		i, err := p.create(ctx, s, emptyMachine(want, pool))
		if err != nil {
			return nil, err
		}
		m, err := p.bootDirect(ctx, i, files, pool, want.Dir)
		if err == nil {
			m.About.Notes = files.notes
			return m, nil
		}
		left := i.removeLater(ctx)
		if !errors.Is(err, errSilent) || left != nil {
			return nil, errors.Join(i.note(err), left)
		}
	}
}

// bootFiles returns the kernel and the initramfs of a wanted machine.
func (p *Provider) bootFiles(ctx context.Context, want vms.Spec) (bootFiles, error) {
	sound, kernelNote, err := want.Kernel.Sound(ctx)
	if err != nil {
		return bootFiles{}, err
	}
	want.Kernel = sound
	initrd, note, err := p.archives.Checked(ctx, initramfs.Options{
		Agent: want.Agent, Modules: want.Kernel.Modules, ModulesDigest: want.Kernel.SHA256,
		Release: want.Kernel.Uname(), Wanted: usualModules, Needed: want.Modules, Config: want.Kernel.Config, Rootfs: want.Rootfs,
	})
	if errors.Is(err, initramfs.ErrNoBusybox) {
		return bootFiles{}, &vms.StartError{Provider: p.Name(), Err: err, Hint: install.Host().Hint(install.Busybox)}
	}
	if err != nil {
		return bootFiles{}, err
	}
	files, err := filesOf(want.Kernel, initrd)
	for _, n := range []string{kernelNote, note} {
		if n != "" {
			files.notes = append(files.notes, n)
		}
	}
	files.parameter = want.Kernel.Parameters(want.LSM)
	files.cx16 = want.CPUs <= 1 && want.Kernel.NeedsCX16()
	return files, err
}

// pool returns the storage pool that machines and boot volumes are in: the one
// called default, else the first.
func (s *server) pool() (string, error) {
	names, err := s.GetStoragePoolNames()
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if name == "default" {
			return name, nil
		}
	}
	if len(names) == 0 {
		return "", errors.New("the server has no storage pool; lxd init makes one")
	}
	return names[0], nil
}

// bootFirst is a device that does not exist. It takes the first place in the boot order,
// which LXD would give to the disk, and which QEMU needs for -kernel.
var bootFirst = map[string]string{"type": "disk", "source": "/nonexistent/bpflab", "path": "/nonexistent", "required": "false", "boot.priority": "10"}

// emptyMachine describes a virtual machine with an empty disk, which LXD requires.
func emptyMachine(want vms.Spec, pool string) api.InstancesPost {
	memory := want.Memory
	if memory == 0 {
		memory = vms.DefaultMemory
	}
	return api.InstancesPost{
		Type:   api.InstanceTypeVM,
		Source: api.InstanceSource{Type: "none"},
		InstancePut: api.InstancePut{
			Config: map[string]string{
				"limits.cpu":          fmt.Sprint(max(1, want.CPUs)),
				"limits.memory":       fmt.Sprintf("%dMiB", max(memory, vms.LeastMemory)>>20),
				"security.secureboot": "false",
			},
			Devices: map[string]map[string]string{
				"root":  {"type": "disk", "pool": pool, "path": "/", "size": "10MiB", "size.state": "256MiB"},
				"first": bootFirst,
			},
		},
	}
}

// bootDirect starts the machine with the files and opens its stream.
func (p *Provider) bootDirect(ctx context.Context, i *instance, files bootFiles, pool, dir string) (*machine, error) {
	started := time.Now()
	home, err := i.member.home(ctx, i.server, pool)
	if err != nil {
		return nil, err
	}
	if err := i.send(ctx, files); err != nil {
		return nil, err
	}
	boot := i.directBoot(home)
	boot.cx16 = files.cx16
	boot.parameter = files.parameter
	if err := i.launch(ctx, boot); err != nil {
		return nil, err
	}
	return i.openConsole(ctx, started, filepath.Join(dir, consoleLog))
}

const consoleLog = "console.log"
