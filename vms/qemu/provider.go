//go:build linux

// Package qemu boots machines with QEMU: a kernel and an initramfs given
// directly, no disk, no network card, no firmware of its own. It needs no root
// and no KVM.
package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/initramfs"
	"github.com/bpflab/bpflab/vms/install"
	"github.com/bpflab/bpflab/vms/template"
)

// Options sets up a Provider.
type Options struct {
	Cache  string // directory for initramfs archives and what is remembered
	Binary string // "" means qemu-system-x86_64 from PATH
	Accel  string // KVM, TCG or "auto", which chooses what works; "" means what BPFLAB_ACCEL says, else "auto"
}

// Provider starts machines with QEMU. It is safe for concurrent use.
type Provider struct {
	options  Options
	kvm      string        // /dev/kvm but in tests
	silence  time.Duration // silenceLeast but in tests
	archives *initramfs.Cache

	templates *template.Store

	mu       sync.Mutex
	caps     *vms.Caps       // once found
	qemu     string          // the version in full
	bootOnly map[string]bool // keys of templates that cannot be made
}

// templateLimit is what templates may take on the disk, in bytes.
const templateLimit = 4 << 30

// New returns a provider. It looks at nothing yet.
func New(o Options) *Provider {
	if o.Binary == "" {
		o.Binary = "qemu-system-x86_64"
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
// same answer. The error is a *vms.StartError if QEMU is missing or does not
// run.
func (p *Provider) Caps(ctx context.Context) (vms.Caps, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.caps != nil {
		return *p.caps, nil
	}
	version, err := p.version(ctx)
	if err != nil {
		return vms.Caps{}, err
	}
	accel, fallback, err := p.accelerator(ctx, version)
	if err != nil {
		return vms.Caps{}, err
	}
	p.qemu = version
	p.caps = &vms.Caps{Kernels: vms.AnyKernel, Fork: true, Accelerator: accel.Name, Fallback: fallback, Slowness: accel.Slowness, Detail: parseVersion(version),
		MostMemory: vms.HostMemory(), LeastMemory: vms.KernelMemory, MostCPUs: mostCPUs()}
	return *p.caps, nil
}

// version returns QEMU's own first line about itself.
func (p *Provider) version(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, p.options.Binary, "--version").Output()
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return "", failed(fmt.Errorf("%s is not installed", p.options.Binary), install.QEMU)
	}
	if ctx.Err() != nil {
		return "", failed(ctx.Err())
	}
	if err != nil {
		return "", failed(fmt.Errorf("%s --version: %w", p.options.Binary, err), install.QEMU)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
}

// parseVersion shortens "QEMU emulator version 7.2.22 (Debian ...)".
func parseVersion(line string) string {
	_, rest, ok := strings.Cut(line, "version ")
	if !ok {
		return line
	}
	number, _, _ := strings.Cut(rest, " ")
	return "QEMU " + number
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
