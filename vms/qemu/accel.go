//go:build linux

package qemu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// What can run machines, and what may be asked for.
const (
	KVM  = "kvm"
	TCG  = "tcg"
	auto = "auto"
)

// Accelerator is what runs machines on this host, and why.
type Accelerator struct {
	Name     string    // KVM or TCG
	Why      string    // why it is not KVM; "" where it is, or where the user wants TCG
	Hint     string    // what may get KVM, "" where nothing is known to
	Slowness float64   // of the host, see vms.Info
	Seconds  float64   // from QEMU's start to the end of the probe's guest; 0 where none ran
	Found    time.Time // when that guest ran; zero where none did
}

// acceleratorOf returns what runs the machines of an architecture, and what they may be
// tried on instead.
func (p *Provider) acceleratorOf(ctx context.Context, arch kernel.Arch, qemu build) (a Accelerator, fallback string, err error) {
	if arch == kernel.AMD64 {
		return p.accelerator(ctx, qemu)
	}
	return p.unprobed(ctx, arch, qemu)
}

// unprobed returns what runs the machines of an architecture that has no probe: KVM only
// where it is the host's own and /dev/kvm opens.
func (p *Provider) unprobed(ctx context.Context, arch kernel.Arch, qemu build) (a Accelerator, fallback string, err error) {
	wanted, by, err := p.wanted()
	if err != nil {
		return a, "", failed(err)
	}
	why, hint := fmt.Sprintf("KVM runs machines of the host's own architecture, %s, and not of %s", runtime.GOARCH, arch), ""
	if arch.GOARCH() == runtime.GOARCH {
		unusable := p.openDevice()
		switch {
		case unusable == nil && wanted == auto:
			return Accelerator{Name: KVM, Slowness: p.hostSlowness(ctx, qemu)}, TCG, nil
		case unusable == nil && wanted == KVM:
			return Accelerator{Name: KVM, Slowness: p.hostSlowness(ctx, qemu)}, "", nil
		case unusable != nil:
			why, hint = whyUnusable(p.kvm, unusable)
		}
	}
	if wanted == KVM {
		return a, "", &vms.StartError{Provider: p.Name(), Err: fmt.Errorf("%s asks for KVM: %s", by, why), Hint: hint}
	}
	return Accelerator{Name: TCG, Why: why, Hint: hint, Slowness: p.hostSlowness(ctx, qemu) * platformOf(arch).slowness}, "", nil
}

// hostSlowness returns how slow the host is, by the probe of x86-64 where that can run, else by
// what it took another QEMU to load its libraries, which is most of what the probe takes.
func (p *Provider) hostSlowness(ctx context.Context, other build) float64 {
	caps, _, err := p.lookLocked(ctx, kernel.AMD64)
	if err != nil {
		return trial{Outcome: ran, CPU: other.cpu.Seconds()}.slowness()
	}
	return max(1, caps.Slowness)
}

// accelerator returns KVM where a guest really runs in it, else TCG. That
// /dev/kvm opens proves nothing: in containers and nested machines it may
// create machines in which no kernel ever prints a byte. What was found is
// remembered until the host boots again, or QEMU or /dev/kvm change; what may be
// otherwise soon is not, and silence for silenceKept. fallback is what machines that
// KVM fails may be tried on, "" where there is none or the user wants none.
func (p *Provider) accelerator(ctx context.Context, qemu build) (a Accelerator, fallback string, err error) {
	wanted, by, err := p.wanted()
	if err != nil {
		return a, "", failed(err)
	}
	if wanted == TCG {
		trials, err := p.trials(ctx, p.record(qemu), []string{TCG})
		if err != nil {
			return a, "", failed(err)
		}
		return emulated(trials[TCG], ""), "", nil
	}
	if a, err = p.best(ctx, p.record(qemu), p.trials); err != nil {
		return a, "", failed(err)
	}
	switch {
	case a.Name == KVM && wanted == auto:
		fallback = TCG
	case a.Name == TCG && wanted == KVM:
		err = &vms.StartError{Provider: p.Name(), Err: fmt.Errorf("%s asks for KVM: %s", by, a.Why), Hint: a.Hint}
	}
	return a, fallback, err
}

// best returns the best accelerator that works, by trials from try.
func (p *Provider) best(ctx context.Context, r record, try func(context.Context, record, []string) (map[string]trial, error)) (Accelerator, error) {
	accels := []string{KVM, TCG}
	unusable := p.openDevice()
	if unusable != nil {
		accels = []string{TCG}
	}
	trials, err := try(ctx, r, accels)
	if err != nil {
		return Accelerator{}, err
	}
	if kvm := trials[KVM]; kvm.Outcome == ran {
		return Accelerator{Name: KVM, Slowness: kvm.slowness(), Seconds: kvm.Seconds, Found: kvm.At}, nil
	}
	a := emulated(trials[TCG], trials[KVM].Reason)
	if unusable != nil {
		a.Why, a.Hint = whyUnusable(p.kvm, unusable)
	}
	return a, nil
}

// emulated returns TCG. why is why it is not KVM.
func emulated(t trial, why string) Accelerator {
	return Accelerator{Name: TCG, Why: why, Slowness: t.slowness(), Seconds: t.Seconds, Found: t.At}
}

// wanted returns which accelerator the user wants, auto where that is bpflab's to
// choose, and what says so.
func (p *Provider) wanted() (accel, by string, err error) {
	by, accel = "--accel", p.options.Accel
	if accel == "" {
		by, accel = "BPFLAB_ACCEL", cmp.Or(os.Getenv("BPFLAB_ACCEL"), auto)
	}
	switch accel {
	case KVM, TCG, auto:
		return accel, by, nil
	}
	return "", by, fmt.Errorf("%s is %q; it can be %s, %s or %s", by, accel, auto, KVM, TCG)
}

// kvmDevice is where Linux offers its hypervisor.
const kvmDevice = "/dev/kvm"

// openDevice returns why /dev/kvm cannot be opened, nil where it can.
func (p *Provider) openDevice() error {
	f, err := os.OpenFile(p.kvm, os.O_RDWR, 0)
	if err == nil {
		f.Close()
	}
	return err
}

// whyUnusable explains the error of opening /dev/kvm, and returns what may help.
func whyUnusable(device string, err error) (why, hint string) {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "no rights to open " + device, "join the group kvm with: sudo usermod -aG kvm \"$USER\", and log in again"
	case errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return device + " is there, and no driver behind it", "load kvm_intel or kvm_amd, on the host if this is a container, and switch " +
			"virtualization on in the firmware; in a virtual machine, its host must allow nesting"
	case errors.Is(err, fs.ErrNotExist):
		return "no " + device, "load kvm_intel or kvm_amd, and switch virtualization on in the firmware; " +
			"in a container, pass the device in (--device " + device + "); in a virtual machine, its host must allow nesting"
	case errors.Is(err, syscall.EBUSY):
		return device + " is taken by another hypervisor", "stop the other hypervisor's machines"
	}
	return err.Error(), ""
}
