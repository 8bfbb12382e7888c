//go:build linux

package qemu

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/install"
	"github.com/bpflab/bpflab/vms/kernel"
)

func TestArgumentsOfEachArchitecture(t *testing.T) {
	for _, arch := range kernel.Arches()[1:] {
		t.Run(string(arch), func(t *testing.T) {
			s := spec{kernel: kernel.Image{Arch: arch, Kernel: "/k/vmlinuz", Version: kernel.Version{Major: 6, Minor: 1}}, initrd: "/c/a.cpio", cpus: 1, accel: TCG}
			s.memory = s.platform().memory(0)
			golden(t, filepath.Join("testdata", string(arch)+".args"), strings.Join(arguments(s), "\n")+"\n")
		})
	}
}

func TestEveryArchitectureHasAPlatform(t *testing.T) {
	binaries := map[string]kernel.Arch{}
	for _, arch := range kernel.Arches() {
		p := platforms[arch]
		if p == nil || p.slowness < 1 {
			t.Fatalf("%s: %+v", arch, p)
		}
		if other, twice := binaries[p.binary]; twice {
			t.Errorf("%s and %s have the same QEMU", arch, other)
		}
		binaries[p.binary] = arch
		if got := toolOf("/usr/bin/" + p.binary); got != p.tool || install.Debian.Command(got) == "" {
			t.Errorf("%s is brought by %s on Debian: %q", p.binary, got, install.Debian.Command(got))
		}
	}
	if got := platforms[kernel.PPC64EL].memory(300 << 20); got != 512<<20 {
		t.Errorf("pseries gets %d bytes, want a multiple of 256 MiB", got)
	}
}

func TestOldKernelsOfARMHaveAnOldCPU(t *testing.T) {
	for version, want := range map[kernel.Version]string{
		{}:                    "max,pauth-impdef=on",
		{Major: 5, Minor: 10}: "max,pauth-impdef=on,lpa2=off",
		{Major: 6, Minor: 12}: "max,pauth-impdef=on",
	} {
		if got := (spec{kernel: kernel.Image{Arch: kernel.ARM64, Version: version}, accel: TCG}).cpu(); got != want {
			t.Errorf("%v has %q, want %q", version, got, want)
		}
	}
	if got := (spec{kernel: kernel.Image{Arch: kernel.ARM64}, accel: KVM}).cpu(); got != "host" {
		t.Errorf("KVM has %q", got)
	}
}

// foreign returns an architecture that is not the host's, and has no probe.
func foreign() kernel.Arch {
	if kernel.HostArch() == kernel.S390X {
		return kernel.ARM64
	}
	return kernel.S390X
}

func TestQEMUOfAnotherArchitectureIsMissing(t *testing.T) {
	p := fakeProvider(t, t.TempDir(), fakeHost(t, "exit 33"), "")
	spec := fakeSpec(t)
	spec.Kernel.Arch = foreign()
	t.Setenv("PATH", t.TempDir())
	_, err := p.Start(t.Context(), spec)
	want := platforms[foreign()].binary + " is not installed"
	var start *vms.StartError
	if !errors.As(err, &start) || !strings.Contains(err.Error(), want) || start.Hint == install.Host().Hint(install.QEMU) {
		t.Errorf("error %v, want %q and what to install", err, want)
	}
}

func TestAcceleratorOfAnotherArchitecture(t *testing.T) {
	p := fakeProvider(t, t.TempDir(), fakeHost(t, "exit 33"), fakeDevice(t))
	a, fallback, err := p.acceleratorOf(t.Context(), foreign(), build{})
	if err != nil || a.Name != TCG || fallback != "" || a.Slowness < platforms[foreign()].slowness || !strings.Contains(a.Why, "KVM runs machines of the host's own architecture") {
		t.Errorf("%+v, fallback %q, error %v", a, fallback, err)
	}
	p.options.Accel = KVM
	if _, _, err = p.acceleratorOf(t.Context(), foreign(), build{}); err == nil || !strings.Contains(err.Error(), "--accel asks for KVM: KVM runs machines of the host's own architecture") {
		t.Errorf("error %v", err)
	}
}

// Some QEMUs lose the timer of a copy: machines with several processors are booted there.
func TestQEMUsThatLoseTimers(t *testing.T) {
	for _, test := range []struct {
		arch    kernel.Arch
		version string
		accel   string
		loses   bool
	}{
		{kernel.AMD64, "QEMU emulator version 7.2.22", TCG, false},
		{kernel.ARM64, "QEMU emulator version 7.2.22", TCG, false},
		{kernel.S390X, "QEMU emulator version 7.2.22", TCG, false},
		{kernel.PPC64EL, "QEMU emulator version 7.2.22", TCG, true},
		{kernel.PPC64EL, "QEMU emulator version 8.2.0", TCG, false},
		{kernel.RISCV64, "QEMU emulator version 10.0.13", TCG, true},
		{kernel.RISCV64, "QEMU emulator version 10.0.13", KVM, false},
		{kernel.RISCV64, "QEMU emulator version 11.1.3", TCG, false},
	} {
		s := spec{kernel: kernel.Image{Arch: test.arch}, accel: test.accel, cpus: 2, qemu: build{version: test.version}}
		if err := s.checkForkable(); s.losesTimers() != test.loses || errors.Is(err, errNoTicks) != test.loses {
			t.Errorf("%+v: loses timers is %t, error %v", test, s.losesTimers(), err)
		}
		if s.cpus = 1; s.checkForkable() != nil {
			t.Errorf("%+v: one processor: %v", test, s.checkForkable())
		}
	}
}
