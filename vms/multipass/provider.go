package multipass

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/bpflab/bpflab/vms"
)

// Options sets up a Provider. Its zero value is ready for use.
type Options struct {
	Binary   string // the multipass command; "" means multipass on PATH
	Cache    string // directory for notes of whose machines are whose; "" means one of the user's cache
	Mainline string // where mainline kernels are, "" means MainlineArchive
}

// MainlineArchive is where Ubuntu publishes packages of mainline kernels.
const MainlineArchive = "https://kernel.ubuntu.com/mainline"

// Provider starts machines with multipass. It is safe for concurrent use.
type Provider struct {
	multipass command
	notes     notes
	mainline  string

	mu      sync.Mutex
	version string // once found
}

// New returns a provider. It runs nothing yet.
func New(o Options) *Provider {
	return &Provider{
		multipass: command{cmp.Or(o.Binary, "multipass")},
		notes:     notes{cmp.Or(o.Cache, defaultCache())},
		mainline:  cmp.Or(o.Mainline, MainlineArchive),
	}
}

func defaultCache() string {
	root, err := os.UserCacheDir()
	if err != nil {
		root = os.TempDir()
	}
	return filepath.Join(root, "bpflab", "multipass")
}

// Name returns "multipass".
func (p *Provider) Name() string { return "multipass" }

// Caps asks multipass for its version, once; later calls have the same answer.
// The error is a *vms.StartError if multipass is not installed, or if its
// daemon does not answer.
func (p *Provider) Caps(ctx context.Context) (vms.Caps, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.version == "" {
		version, err := p.daemonVersion(ctx)
		if err != nil {
			return vms.Caps{}, failed(err)
		}
		p.version = version
	}
	return vms.Caps{Kernels: vms.ImageKernels, Outlives: true, Detail: "multipass " + p.version}, nil
}

// daemonVersion returns the version of multipass's daemon. `multipass version` hides
// why a daemon did not answer, so another command is asked then.
func (p *Provider) daemonVersion(ctx context.Context) (string, error) {
	text, err := p.multipass.run(ctx, nil, "version", "--format", "json")
	if err != nil {
		return "", err
	}
	v, err := parseVersion(text)
	if err != nil {
		return "", err
	}
	if v.Daemon == "" {
		_, err := p.multipass.run(ctx, nil, "list", "--format", "json")
		return v.Client, err
	}
	return v.Daemon, nil
}

// failed makes a *vms.StartError of err, with what can be done about it.
func failed(err error) error {
	var already *vms.StartError
	if errors.As(err, &already) {
		return err
	}
	return &vms.StartError{Provider: "multipass", Err: err, Hint: hint(err)}
}
