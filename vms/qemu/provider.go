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
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/standby"
	"github.com/bpflab/bpflab/vms/template"
	"github.com/bpflab/bpflab/vms/wire"
)

// Options sets up a Provider.
type Options struct {
	Cache  string // directory for initramfs archives and what is remembered
	Binary string // "" means that of FindBinary
	Accel  string // KVM, TCG or "auto", which chooses what works; "" means what BPFLAB_ACCEL says, else "auto"

	Standby *standby.Client // lends machines that wait; nil where none do

	// Rehearse does in a machine what machines are slow at the first time. A provider that
	// has it copies the QEMU of a rehearsed machine where many machines are alike.
	Rehearse func(context.Context, *wire.Client) error
}

// Provider starts machines with QEMU. It is safe for concurrent use.
type Provider struct {
	options  Options
	kvm      string        // /dev/kvm but in tests
	silence  time.Duration // silenceLeast but in tests
	archives *initramfs.Cache

	templates *template.Store

	zygotes zygotes

	mu       sync.Mutex
	found    map[kernel.Arch]found
	bootOnly map[string]bool // keys of templates that cannot be made
}

// found is what runs the machines of an architecture, once it was looked for.
type found struct {
	qemu build
	caps vms.Caps
}

// templateLimit is what templates may take on the disk, in bytes.
const templateLimit = 4 << 30

// New returns a provider. It looks at nothing yet.
func New(o Options) *Provider {
	if o.Binary == "" {
		o.Binary = FindBinary()
	}
	p := &Provider{options: o, kvm: kvmDevice, silence: silenceLeast, archives: initramfs.NewCache(o.Cache),
		zygotes: zygotes{most: howManyZygotes(), of: map[string]*zygote{}}, templates: Templates(o.Cache), found: map[kernel.Arch]found{}, bootOnly: map[string]bool{}}
	keepZygotes(&p.zygotes)
	return p
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
	caps, _, err := p.look(ctx, kernel.HostArch())
	return caps, err
}

// look returns what runs the machines of an architecture, as Caps does for the host's.
func (p *Provider) look(ctx context.Context, arch kernel.Arch) (vms.Caps, build, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lookLocked(ctx, arch)
}

func (p *Provider) lookLocked(ctx context.Context, arch kernel.Arch) (vms.Caps, build, error) {
	last, again := p.found[arch]
	known := &last.qemu
	if !again {
		known = p.lastBuild(arch)
	}
	qemu, err := find(ctx, p.binary(arch), known)
	if err != nil {
		return vms.Caps{}, build{}, err
	}
	if known == nil || *known != qemu {
		p.keepBuild(arch, qemu)
	}
	if again && last.qemu == qemu {
		return last.caps, qemu, nil
	}
	accel, fallback, err := p.acceleratorOf(ctx, arch, qemu)
	if err != nil {
		return vms.Caps{}, build{}, err
	}
	caps := vms.Caps{Kernels: vms.AnyKernel, Fork: true, Accelerator: accel.Name, Fallback: fallback, Slowness: accel.Slowness, Detail: parseVersion(qemu.version),
		MostMemory: vms.HostMemory(), LeastMemory: vms.KernelMemory, MostCPUs: mostCPUs()}
	p.found[arch] = found{qemu, caps}
	return caps, qemu, nil
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
