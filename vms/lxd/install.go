package lxd

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms"
)

// withKernel returns an image with the kernel package installed: published by an
// earlier run, or made now.
func (p *Provider) withKernel(ctx context.Context, s *server, source api.InstanceSource, image wantedImage, want vms.Spec) (api.InstanceSource, error) {
	p.publishing.Lock()
	defer p.publishing.Unlock()
	alias := fmt.Sprintf("bpflab-%x", sha256.Sum256([]byte(image.name+"+"+image.install)))[:32]
	made := api.InstanceSource{Type: "image", Alias: alias}
	_, _, err := s.GetImageAlias(alias)
	if err == nil {
		return made, nil
	}
	i, err := p.createImage(ctx, s, source, want)
	if err != nil {
		return made, err
	}
	err = i.install(ctx, image.install)
	if err == nil {
		err = i.publishAs(ctx, alias)
	}
	if err != nil {
		err = fmt.Errorf("install %s in %s: %w", image.install, image.name, err)
	}
	return made, errors.Join(err, i.removeLater(ctx))
}

// installScript installs kernel package $1 and makes it the one that boots.
const installScript = `set -e
export DEBIAN_FRONTEND=noninteractive
cloud-init status --wait >/dev/null 2>&1 || true
apt-get -qq update
apt-get -qq -y install --no-install-recommends "$1"
release=$(dpkg -L "$1" | sed -n 's|^/boot/vmlinuz-||p' | head -n 1)
[ -n "$release" ] || release=$(ls -t /boot/vmlinuz-* | head -n 1 | sed 's|^/boot/vmlinuz-||')
entry=$(sed -n "s/.*menuentry_id_option '\(gnulinux-$release-advanced-[^']*\)'.*/\1/p" /boot/grub/grub.cfg | head -n 1)
menu=$(sed -n "s/.*menuentry_id_option '\(gnulinux-advanced-[^']*\)'.*/\1/p" /boot/grub/grub.cfg | head -n 1)
[ -n "$entry" ]
mkdir -p /etc/default/grub.d
echo "GRUB_DEFAULT='$menu>$entry'" >/etc/default/grub.d/99-bpflab.cfg
update-grub >/dev/null
mkdir -p ` + installedDir + `
echo "$release" >` + installedRelease + `
`

// installedRelease is where an image says which kernel was installed.
const (
	installedDir     = "/opt/bpflab"
	installedRelease = installedDir + "/release"
)

// runsInstalled returns nil if the kernel that runs is the one that was installed, or
// if none was.
func (i *instance) runsInstalled(ctx context.Context) error {
	out, err := i.run(ctx, "sh", "-c", "uname -r; cat "+installedRelease+" 2>/dev/null || true")
	if err != nil {
		return err
	}
	running, installed, ok := strings.Cut(out, "\n")
	if ok && running != installed {
		return fmt.Errorf("kernel %s is installed, and the machine runs %s: it does not boot there, or the image's boot loader is not GRUB", installed, running)
	}
	return nil
}

func (i *instance) install(ctx context.Context, pkg string) error {
	if err := i.start(ctx); err != nil {
		return err
	}
	if err := i.takesCommands(ctx); err != nil {
		return err
	}
	_, err := i.run(ctx, "sh", "-c", installScript, "sh", pkg)
	return err
}

// gentle is how long a machine may take to shut down, in seconds.
const gentle = 60

// publishAs stops the instance and makes an image of it.
func (i *instance) publishAs(ctx context.Context, alias string) error {
	if err := i.setState(ctx, api.InstanceStatePut{Action: "stop", Timeout: gentle}); err != nil {
		if err := i.stop(ctx); err != nil {
			return err
		}
	}
	image := api.ImagesPost{Source: &api.ImagesPostSource{Type: "instance", Name: i.name}, Aliases: []api.ImageAlias{{Name: alias}}}
	return i.server.perform(ctx, func() (lxd.Operation, error) { return i.server.CreateImage(image, nil) })
}
