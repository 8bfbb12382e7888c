package host

import (
	"context"
	"fmt"

	"github.com/bpflab/bpflab/vms"
)

// Provider starts machines on the running kernel. It is safe for concurrent
// use.
type Provider struct {
	user user
}

// New returns a provider for the user that this process runs as. It looks at
// nothing else yet.
func New() *Provider { return &Provider{user: self()} }

// Name returns "host".
func (p *Provider) Name() string { return "host" }

// Caps returns the capabilities: the running kernel, for one lab at a time, so that none
// counts what another one does. The error is a *vms.StartError if this is not Linux or the
// user is not root.
func (p *Provider) Caps(context.Context) (vms.Caps, error) {
	release, err := p.allowed()
	if err != nil {
		return vms.Caps{}, err
	}
	return capsOn(release), nil
}

// capsOn returns what can be done on a kernel of that release.
func capsOn(release string) vms.Caps {
	return vms.Caps{Kernels: vms.RunningKernel, Shared: true, NoConsole: true, Jobs: 1, MostMemory: vms.HostMemory(),
		Detail: fmt.Sprintf("Linux %s on this host", release)}
}

// allowed returns the release of the running kernel, if the user may load programs
// into it.
func (p *Provider) allowed() (string, error) {
	release, err := running()
	if err != nil {
		return "", failed(err, "use --provider qemu")
	}
	if err := p.user.mayLoad(); err != nil {
		return "", failed(err, "use sudo, or --provider qemu, which needs no root")
	}
	return release, nil
}

func failed(err error, hint string) error {
	return &vms.StartError{Provider: "host", Err: err, Hint: hint}
}
