//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/lease"
)

// probeLimit is how long a guest of a few instructions may take. It needs a
// tenth of a second where it runs at all.
const probeLimit = 3 * time.Second

// accelerator returns "kvm" where a guest really runs in it, else "tcg". That
// /dev/kvm opens proves nothing: in containers and nested machines it may
// create machines in which no kernel ever prints a byte. BPFLAB_ACCEL
// overrides. The answer is remembered until the host boots again, or QEMU or
// /dev/kvm change.
func (p *Provider) accelerator(ctx context.Context, version string) (string, error) {
	switch wanted := os.Getenv("BPFLAB_ACCEL"); wanted {
	case "kvm", "tcg":
		return wanted, nil
	case "":
	default:
		return "", failed(fmt.Errorf("BPFLAB_ACCEL is %q; it can be kvm or tcg", wanted))
	}
	if !opens(p.kvm) {
		return "tcg", nil
	}
	memory := memory{file: filepath.Join(p.options.Cache, "accelerator.json"), key: hostKey(version, p.kvm)}
	if accel, ok := memory.recall(); ok {
		return accel, nil
	}
	accel, err := p.probe(ctx)
	if err == nil {
		memory.keep(accel)
	}
	return accel, err
}

// kvmDevice is where Linux offers its hypervisor.
const kvmDevice = "/dev/kvm"

func opens(device string) bool {
	f, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// probe starts a guest in KVM. The error is ctx's, or that of a host without
// room for a small file.
func (p *Provider) probe(ctx context.Context) (string, error) {
	runs, err := p.runsGuest(ctx, "kvm")
	if err != nil {
		return "", failed(err)
	}
	if runs {
		return "kvm", nil
	}
	return "tcg", nil
}

// runsGuest reports whether a guest gets to its end, on the machine and the CPU
// that the real ones get.
func (p *Provider) runsGuest(ctx context.Context, accel string) (bool, error) {
	dir, remove, err := lease.MkdirTemp("", lease.Prefix+"probe-")
	if err != nil {
		return false, err
	}
	defer remove()
	image := filepath.Join(dir, "firmware")
	if err := os.WriteFile(image, firmware(), 0o600); err != nil {
		return false, err
	}
	runs := p.exits(ctx, dir, probeArguments(accel, image))
	return runs, ctx.Err()
}

func probeArguments(accel, image string) []string {
	return append(hardware(accel, cpuModels[accel]), "-m", "2", "-bios", image,
		"-device", fmt.Sprintf("isa-debug-exit,iobase=%#x,iosize=1", exitPort))
}

// exits reports whether QEMU ends with the status of a probe. It runs in dir, for
// where KVM is broken it may leave a core file.
func (p *Provider) exits(ctx context.Context, dir string, args []string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.options.Binary, args...)
	cmd.Dir = dir
	var exit *exec.ExitError
	return errors.As(child.Run(cmd), &exit) && exit.ExitCode() == exitStatus
}
