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

	"github.com/bpflab/bpflab/harness/install"
	"github.com/bpflab/bpflab/vms"
)

// Options sets up a Provider.
type Options struct {
	Cache  string // directory for initramfs archives and what is remembered
	Binary string // "" means qemu-system-x86_64 from PATH
}

// Provider starts machines with QEMU. It is safe for concurrent use.
type Provider struct{ options Options }

// New returns a provider. It looks at nothing yet.
func New(o Options) *Provider {
	if o.Binary == "" {
		o.Binary = "qemu-system-x86_64"
	}
	return &Provider{o}
}

// Name is "qemu".
func (p *Provider) Name() string { return "qemu" }

// Caps looks for QEMU and tries its accelerators. The error is a
// *vms.StartError if QEMU is missing or does not run.
func (p *Provider) Caps(ctx context.Context) (vms.Caps, error) {
	version, err := p.version(ctx)
	if err != nil {
		return vms.Caps{}, err
	}
	return vms.Caps{Kernels: vms.AnyKernel, Accelerator: p.accelerator(ctx, version), Detail: version}, nil
}

func (p *Provider) version(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, p.options.Binary, "--version").Output()
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return "", failed(fmt.Errorf("%s is not installed", p.options.Binary), install.QEMU)
	}
	if err != nil {
		return "", failed(fmt.Errorf("%s --version: %w", p.options.Binary, err), install.QEMU)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
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
