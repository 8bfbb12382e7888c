//go:build linux

package qemu

import (
	"cmp"
	"context"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// renewals is how often Start makes again what is damaged: the kernel and the initramfs
// once each.
const renewals = 2

// unsoundError is a file to boot from that is not what was written to the cache.
type unsoundError struct {
	initrd string // the file, if it is an initramfs; else it is of the kernel
	err    error
}

func (e *unsoundError) Error() string { return e.err.Error() }

func (e *unsoundError) Unwrap() error { return e.err }

// checked launches a machine that boots, and checks meanwhile what it boots from: the
// guest needs a hundred times as long. If that is damaged, the machine is closed, and the
// error is an *unsoundError, whatever became of the machine.
func (p *Provider) checked(ctx context.Context, s spec, launch func() (*machine, error)) (*machine, error) {
	result := make(chan error, 1)
	go func() { result <- p.check(ctx, s) }()
	m, err := launch()
	if damage := <-result; damage != nil {
		if m != nil {
			m.Close()
		}
		return nil, damage
	}
	return m, err
}

// check reads what a machine boots from.
func (p *Provider) check(ctx context.Context, s spec) error {
	if err := checkKernel(ctx, s.kernel, s.boot()); err != nil {
		return err
	}
	if err := p.archives.Check(s.initrd); err != nil {
		return &unsoundError{s.initrd, err}
	}
	return nil
}

func checkKernel(ctx context.Context, k kernel.Image, paths ...string) error {
	if err := k.Check(ctx, paths...); err != nil {
		return &unsoundError{"", err}
	}
	return nil
}

// renew makes again what is damaged. The note is for the machine that starts from it.
func (p *Provider) renew(ctx context.Context, want vms.Spec, damaged *unsoundError) (renewed vms.Spec, note string, err error) {
	if damaged.initrd != "" {
		return want, damaged.Error() + "; it was made again", p.archives.Drop(damaged.initrd)
	}
	want.Kernel, err = want.Kernel.Renew(ctx, damaged.err)
	return want, cmp.Or(want.Kernel.Warning, damaged.Error()), err
}
