// Package qemu boots machines with QEMU: a kernel and an initramfs given
// directly, no disk, no network card, no firmware of ours. It needs no root
// and no KVM.
package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/bpflab/bpflab/harness/install"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/initramfs"
)

// Options sets up a Provider.
type Options struct {
	Cache  string // directory for initramfs archives and what is remembered
	Binary string // "" means qemu-system-x86_64 from PATH
}

// Provider starts machines with QEMU. It is safe for concurrent use.
type Provider struct {
	options  Options
	kvm      string // /dev/kvm but in tests
	archives *initramfs.Cache

	mu   sync.Mutex
	caps *vms.Caps // once found
}

// New returns a provider. It looks at nothing yet.
func New(o Options) *Provider {
	if o.Binary == "" {
		o.Binary = "qemu-system-x86_64"
	}
	return &Provider{options: o, kvm: kvmDevice, archives: initramfs.NewCache(o.Cache)}
}

// Name is "qemu".
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
	accel, err := p.accelerator(ctx, version)
	if err != nil {
		return vms.Caps{}, err
	}
	p.caps = &vms.Caps{Kernels: vms.AnyKernel, Accelerator: accel, Detail: version}
	return *p.caps, nil
}

// version is "QEMU 7.2.22".
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
	return parseVersion(string(out)), nil
}

// parseVersion shortens "QEMU emulator version 7.2.22 (Debian ...)".
func parseVersion(out string) string {
	line, _, _ := strings.Cut(out, "\n")
	_, rest, ok := strings.Cut(line, "version ")
	if !ok {
		return line
	}
	number, _, _ := strings.Cut(rest, " ")
	return "QEMU " + number
}

// failed is an error of this provider; with tools, it ends in the command that
// installs them.
func failed(err error, tools ...install.Tool) error {
	hint := ""
	if len(tools) > 0 {
		hint = install.Host().Hint(tools...)
	}
	return &vms.StartError{Provider: "qemu", Err: err, Hint: hint}
}
