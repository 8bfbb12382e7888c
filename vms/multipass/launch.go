package multipass

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms"
)

const (
	defaultMemory = 1 << 30   // bytes, where nobody says
	leastMemory   = 512 << 20 // bytes; multipass refuses less
	diskSize      = 8 << 30   // bytes, of which multipass takes what is used
	launchLimit   = 30 * time.Minute
)

// userData is what cloud-init does in an instance at its first boot. A kernel
// that panics starts again, so that its end is seen: else its connection would
// stay open for ever. Nothing upgrades packages meanwhile.
const userData = `#cloud-config
package_update: false
package_upgrade: false
write_files:
- path: /etc/sysctl.d/99-bpflab.conf
  content: "kernel.panic = 2\n"
- path: /etc/apt/apt.conf.d/99-bpflab
  content: "APT::Periodic::Enable \"0\";\n"
runcmd:
- [sysctl, --quiet, --load, /etc/sysctl.d/99-bpflab.conf]
`

// launch makes an instance and waits until it has booted. It leaves nothing if
// it fails. An error that only says that something is left is joined to it.
func (p *Provider) launch(ctx context.Context, w wanted, want vms.Spec) (*instance, error) {
	i := p.instance(newName())
	if err := p.notes.keep(i.name); err != nil {
		return nil, err
	}
	err := i.launch(ctx, launchArgs(i.name, w, want))
	switch {
	case err == nil:
		return i, nil
	case errors.Is(err, errGoesOn):
		return nil, err
	}
	return nil, errors.Join(err, i.remove(ctx))
}

func launchArgs(name string, w wanted, want vms.Spec) []string {
	memory := want.Memory
	if memory == 0 {
		memory = defaultMemory
	}
	return []string{"launch", w.image, "--name", name,
		"--cpus", strconv.Itoa(max(1, want.CPUs)),
		"--memory", strconv.FormatInt(max(memory, leastMemory), 10),
		"--disk", strconv.Itoa(diskSize),
		"--timeout", strconv.Itoa(int(launchLimit.Seconds())),
		"--cloud-init", "-",
	}
}

// launch runs multipass launch. When ctx ends it is not killed: the daemon goes
// on without its client, and then nobody knows when there is something to
// remove.
func (i *instance) launch(ctx context.Context, args []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	ended := make(chan error, 1)
	go func() {
		_, err := i.multipass.run(own, strings.NewReader(userData), args...)
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		limited, cancel := context.WithTimeout(own, giveUpLimit)
		defer cancel()
		return fmt.Errorf("multipass launch: %w", errors.Join(ctx.Err(), i.giveUp(limited, ended, kill)))
	}
}

// errGoesOn is a launch that was left running. The record of its instance stays, so that
// `vms gc` finds it.
var errGoesOn = errors.New("multipass goes on with it; once that is done, bpflab vms gc removes the machine")

// giveUpLimit is how long to wait for a launch that is no longer wanted. It cannot be
// stopped while it downloads an image.
const giveUpLimit = time.Minute

// giveUp removes the instance of a launch that is under way as soon as there is
// one. When ctx ends first it leaves the launch alone: errGoesOn.
func (i *instance) giveUp(ctx context.Context, ended <-chan error, kill context.CancelFunc) error {
	for {
		i.purge(ctx) // remove says it if this fails for good
		select {
		case <-ended:
			return nil
		case <-ctx.Done():
			kill()
			<-ended
			return errGoesOn
		case <-time.After(retryEvery):
		}
	}
}
