//go:build linux

// Package qemu boots machines with QEMU: a kernel and an initramfs given
// directly, no disk, no network card, no firmware of its own. It needs no root
// and no KVM.
package qemu

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/initramfs"
	"github.com/bpflab/bpflab/vms/install"
	"github.com/bpflab/bpflab/vms/standby"
	"github.com/bpflab/bpflab/vms/template"
)

// Options sets up a Provider.
type Options struct {
	Cache  string // directory for initramfs archives and what is remembered
	Binary string // "" means that of FindBinary
	Accel  string // KVM, TCG or "auto", which chooses what works; "" means what BPFLAB_ACCEL says, else "auto"

	Standby *standby.Client // lends machines that wait; nil where none do
}

// Provider starts machines with QEMU. It is safe for concurrent use.
type Provider struct {
	options  Options
	kvm      string        // /dev/kvm but in tests
	silence  time.Duration // silenceLeast but in tests
	archives *initramfs.Cache

	templates *template.Store

	mu       sync.Mutex
	caps     *vms.Caps       // once found, with qemu
	qemu     *build          // as it was found
	bootOnly map[string]bool // keys of templates that cannot be made
}

// templateLimit is what templates may take on the disk, in bytes.
const templateLimit = 4 << 30

// New returns a provider. It looks at nothing yet.
func New(o Options) *Provider {
	if o.Binary == "" {
		o.Binary = FindBinary()
	}
	return &Provider{options: o, kvm: kvmDevice, silence: silenceLeast, archives: initramfs.NewCache(o.Cache),
		templates: Templates(o.Cache), bootOnly: map[string]bool{}}
}

// Templates returns the store of a provider with that cache.
func Templates(cache string) *template.Store {
	return template.New(filepath.Join(cache, "templates"), templateLimit)
}

// cannotFork reports that the template could not be made before.
func (p *Provider) cannotFork(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bootOnly[key]
}

func (p *Provider) giveUpForking(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bootOnly[key] = true
}

// Name returns "qemu".
func (p *Provider) Name() string { return "qemu" }

// Caps looks for QEMU and tries its accelerators, once; later calls have the
// same answer, until QEMU is replaced. The error is a *vms.StartError if QEMU is
// missing, too old or does not run.
func (p *Provider) Caps(ctx context.Context) (vms.Caps, error) {
	caps, _, err := p.look(ctx)
	return caps, err
}

// look returns what Caps does, and the QEMU it is about.
func (p *Provider) look(ctx context.Context) (vms.Caps, build, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.qemu
	if known == nil {
		known = p.lastBuild()
	}
	found, err := find(ctx, p.options.Binary, known)
	if err != nil {
		return vms.Caps{}, build{}, err
	}
	if known == nil || *known != found {
		p.keepBuild(found)
	}
	if p.qemu != nil && *p.qemu == found {
		return *p.caps, found, nil
	}
	accel, fallback, err := p.accelerator(ctx, found)
	if err != nil {
		return vms.Caps{}, build{}, err
	}
	p.qemu = &found
	p.caps = &vms.Caps{Kernels: vms.AnyKernel, Fork: true, Accelerator: accel.Name, Fallback: fallback, Slowness: accel.Slowness, Detail: parseVersion(found.version),
		MostMemory: vms.HostMemory(), LeastMemory: vms.KernelMemory, MostCPUs: mostCPUs()}
	return *p.caps, found, nil
}

// failed returns an error of this provider; with tools, it ends in the command that
// installs them.
func failed(err error, tools ...install.Tool) error {
	var already *vms.StartError
	if errors.As(err, &already) {
		return err
	}
	hint := ""
	if len(tools) > 0 {
		hint = install.Host().Hint(tools...)
	}
	return &vms.StartError{Provider: "qemu", Err: err, Hint: hint}
}
