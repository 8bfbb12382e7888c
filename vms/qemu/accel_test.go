//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/cache/cachetest"
)

// fakeProvider has a fake for QEMU and, unless device is "", a file for
// /dev/kvm.
func fakeProvider(t *testing.T, cache, binary, device string) *Provider {
	t.Helper()
	t.Setenv("BPFLAB_ACCEL", "")
	p := New(Options{Cache: cache, Binary: binary})
	p.kvm, p.silence = device, time.Second
	return p
}

func fakeDevice(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "kvm")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// fakeHost returns a QEMU whose probe does what kvm says in KVM, and runs emulated.
func fakeHost(t *testing.T, kvm string) string {
	return fakeBinary(t, "case \"$*\" in *' -accel kvm '*) "+kvm+";; esac; exit 33")
}

func TestAcceleratorIsWhatBoots(t *testing.T) {
	for _, test := range []struct{ name, kvm, device, want, fallback string }{
		{"the guest gets to its end", "exit 33", fakeDevice(t), KVM, TCG},
		{"QEMU refuses", "exit 1", fakeDevice(t), TCG, ""},
		{"QEMU breaks", "kill -ABRT $$", fakeDevice(t), TCG, ""},
		{"QEMU ends well, without the guest", "exit 0", fakeDevice(t), TCG, ""},
		{"the guest stays silent", "exec sleep 600", fakeDevice(t), TCG, ""},
		{"no device", "exit 33", "/no/such/device", TCG, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			caps, err := fakeProvider(t, t.TempDir(), fakeHost(t, test.kvm), test.device).Caps(t.Context())
			want := vms.Caps{Fork: true, Kernels: vms.AnyKernel, Accelerator: test.want, Fallback: test.fallback, Detail: "QEMU 9.8.7",
				MostMemory: vms.HostMemory(), LeastMemory: vms.KernelMemory, MostCPUs: mostCPUs(), Slowness: caps.Slowness}
			if err != nil || caps != want || caps.Slowness < 1 {
				t.Errorf("caps %+v, error %v, want %+v", caps, err, want)
			}
		})
	}
}

// On a slow host everything is slow: KVM gets its time from what emulation needs.
func TestSlowStartIsNoSilence(t *testing.T) {
	binary := fakeBinary(t, "case \"$*\" in *' -accel kvm '*) sleep 2;; *) sleep 1;; esac; exit 33")
	caps, err := fakeProvider(t, t.TempDir(), binary, fakeDevice(t)).Caps(t.Context())
	if err != nil || caps.Accelerator != KVM {
		t.Errorf("caps %+v, error %v; want KVM", caps, err)
	}
}

// What is not proved is not on record: the next process tries again.
func TestOnlyProvedAnswersAreRecorded(t *testing.T) {
	const busy = "echo 'ioctl(KVM_CREATE_VM) failed: 16 Device or resource busy' >&2; exit 1"
	for _, test := range []struct {
		name, kvm, why string
		recorded       bool
	}{
		{"refused", "echo 'fake-qemu: failed to initialize kvm' >&2; exit 1", "fake-qemu: failed to initialize kvm", true},
		{"broken", "kill -ABRT $$", "QEMU ended before its guest had run: signal: aborted", true},
		{"ended", "exit 0", "QEMU ended before its guest had run", true},
		{"silent", "exec sleep 600", "a guest in KVM did not come to its end", true},
		{"busy", busy, "another hypervisor has taken the processor's virtualization", false},
		{"no memory", "echo 'kvm: Cannot allocate memory' >&2; exit 1", "the host is short of memory", false},
		{"killed", "kill -KILL $$", "QEMU was killed (killed) before its guest had run", false},
		{"terminated", "kill -TERM $$", "QEMU was killed (terminated) before its guest had run", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := fakeProvider(t, t.TempDir(), fakeHost(t, test.kvm), fakeDevice(t))
			a, _, err := p.accelerator(t.Context(), build{})
			if err != nil || a.Name != TCG || !strings.Contains(a.Why, test.why) {
				t.Errorf("%+v, error %v, want a reason with %q", a, err, test.why)
			}
			if got := p.record(build{}).read(); (got[KVM].Outcome != "") != test.recorded || got[TCG].Outcome != ran {
				t.Errorf("on record: %+v", got)
			}
		})
	}
}

func TestKilledProbeIsTriedOnceMore(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	binary := fakeHost(t, fmt.Sprintf("[ -e '%s' ] || { : >'%s'; kill -KILL $$; }", mark, mark))
	caps, err := fakeProvider(t, t.TempDir(), binary, fakeDevice(t)).Caps(t.Context())
	if err != nil || caps.Accelerator != KVM {
		t.Errorf("caps %+v, error %v", caps, err)
	}
}

func TestTrialsHold(t *testing.T) {
	now := time.Now()
	for _, test := range []struct {
		outcome outcome
		age     time.Duration
		want    bool
	}{
		{ran, 1000 * time.Hour, true}, {refused, 1000 * time.Hour, true},
		{silent, 0, true}, {silent, silenceKept - 1, true}, {silent, silenceKept, false}, {silent, -time.Minute, false},
		{disturbed, 0, false}, {"", 0, false},
	} {
		if got := (trial{Outcome: test.outcome, At: now.Add(-test.age)}).holds(now); got != test.want {
			t.Errorf("%q of %v ago holds: %t, want %t", test.outcome, test.age, got, test.want)
		}
	}
}

func TestSlowness(t *testing.T) {
	for _, test := range []struct {
		trial trial
		want  float64
	}{
		{trial{Outcome: ran, CPU: 0.01, Seconds: 100}, 1},
		{trial{Outcome: ran, CPU: 4 * usualCPU.Seconds()}, 4},
		{trial{Outcome: ran, CPU: 3600}, mostSlowness},
		{trial{Outcome: silent, Seconds: 120}, 1},
		{trial{}, 1},
	} {
		if got := test.trial.slowness(); got != test.want {
			t.Errorf("%+v: %v, want %v", test.trial, got, test.want)
		}
	}
}

func TestWhyUnusable(t *testing.T) {
	for _, test := range []struct {
		err       error
		why, hint string
	}{
		{&fs.PathError{Err: syscall.EACCES}, "no rights to open /dev/kvm", "usermod -aG kvm"},
		{&fs.PathError{Err: syscall.EPERM}, "no rights to open /dev/kvm", "usermod -aG kvm"},
		{&fs.PathError{Err: syscall.ENOENT}, "no /dev/kvm", "--device /dev/kvm"},
		{&fs.PathError{Err: syscall.ENODEV}, "/dev/kvm is there, and no driver behind it", "load kvm_intel or kvm_amd"},
		{&fs.PathError{Err: syscall.EBUSY}, "/dev/kvm is taken by another hypervisor", "stop"},
		{syscall.EIO, "input/output error", ""},
	} {
		if why, hint := whyUnusable("/dev/kvm", test.err); why != test.why || !strings.Contains(hint, test.hint) {
			t.Errorf("%v: %q, %q; want %q, %q", test.err, why, hint, test.why, test.hint)
		}
	}
}

func TestCapsAskOnce(t *testing.T) {
	cache, device := t.TempDir(), fakeDevice(t)
	binary := fakeBinary(t, "exit 33")
	p := fakeProvider(t, cache, binary, device)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := p.Caps(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	version, booted := calls(t, binary)
	if version != 1 || booted < 1 || booted > 2 {
		t.Errorf("%d times asked for the version and %d times booted, want 1, and 1 with an emulated one beside it at most", version, booted)
	}
	caps, err := fakeProvider(t, cache, binary, device).Caps(t.Context())
	if err != nil || caps.Accelerator != KVM {
		t.Errorf("the next process: caps %+v, error %v", caps, err)
	}
	if _, again := calls(t, binary); again != booted {
		t.Errorf("booted %d times, want %d: the answer was not remembered", again, booted)
	}
}

// Another device, another QEMU, and a record that is not what was written have the
// host probed anew.
func TestAcceleratorIsAskedAgain(t *testing.T) {
	cache, device := t.TempDir(), fakeDevice(t)
	binary := fakeBinary(t, "exit 33")
	booted := 0
	ask := func(why string) {
		t.Helper()
		if caps, err := fakeProvider(t, cache, binary, device).Caps(t.Context()); err != nil || caps.Accelerator != KVM {
			t.Fatalf("caps %+v, error %v", caps, err)
		}
		_, now := calls(t, binary)
		if now == booted {
			t.Errorf("%s: not probed anew", why)
		}
		booted = now
	}
	ask("the first time")
	device = fakeDevice(t)
	ask("another device")
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(binary, later, later); err != nil {
		t.Fatal(err)
	}
	ask("another QEMU")
	for _, damage := range cachetest.All {
		if damage.Foreign {
			continue // somebody else's file
		}
		damage.Do(t, filepath.Join(cache, "accelerator.json"))
		ask(damage.Name)
	}
}

func TestAcceleratorThatIsAskedFor(t *testing.T) {
	works, refuses := fakeHost(t, "exit 33"), fakeHost(t, "echo 'no luck' >&2; exit 1")
	for _, test := range []struct{ name, binary, flag, variable, want, err string }{
		{"tcg", works, "tcg", "", TCG, ""},
		{"kvm", works, "kvm", "", KVM, ""},
		{"auto", works, "auto", "", KVM, ""},
		{"by variable", works, "", "tcg", TCG, ""},
		{"the flag counts more", works, "auto", "tcg", KVM, ""},
		{"no such", works, "", "hvf", "", `BPFLAB_ACCEL is "hvf"; it can be auto, kvm or tcg`},
		{"no such flag", works, "xen", "", "", `--accel is "xen"; it can be auto, kvm or tcg`},
		{"kvm that does not run", refuses, "kvm", "", "", "--accel asks for KVM: no luck"},
		{"the same, by variable", refuses, "", "kvm", "", "BPFLAB_ACCEL asks for KVM: no luck"},
		{"auto, and kvm does not run", refuses, "auto", "", TCG, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := fakeProvider(t, t.TempDir(), test.binary, fakeDevice(t))
			p.options.Accel = test.flag
			t.Setenv("BPFLAB_ACCEL", test.variable)
			caps, err := p.Caps(t.Context())
			if caps.Accelerator != test.want {
				t.Errorf("accelerator %q, want %q", caps.Accelerator, test.want)
			}
			if forced := test.flag == "kvm" || test.variable == "kvm"; forced && caps.Fallback != "" {
				t.Errorf("falls back to %q", caps.Fallback)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

func TestEmulatedMachines(t *testing.T) {
	both, one := vms.Caps{Accelerator: KVM, Fallback: TCG}, vms.Caps{Accelerator: KVM}
	for _, test := range []struct {
		caps    vms.Caps
		emulate bool
		want    string
	}{{both, false, KVM}, {both, true, TCG}, {one, true, KVM}, {vms.Caps{Accelerator: TCG}, true, TCG}} {
		if got := accelOf(test.caps, vms.Spec{Emulate: test.emulate}); got != test.want {
			t.Errorf("%+v, emulate %t: %s, want %s", test.caps, test.emulate, got, test.want)
		}
	}
}

func TestInspect(t *testing.T) {
	cache, device := t.TempDir(), fakeDevice(t)
	mark := filepath.Join(t.TempDir(), "mark")
	binary := fakeHost(t, fmt.Sprintf("[ -e '%s' ] || exec sleep 600", mark))
	p := fakeProvider(t, cache, binary, device)
	first, err := p.Inspect(t.Context())
	if err != nil || first.Record.Name != "" || first.Now.Name != TCG || !strings.Contains(first.Now.Why, "an emulated one needed") {
		t.Errorf("%+v, error %v", first, err)
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := p.Inspect(t.Context())
	if err != nil || second.Record.Name != TCG || second.Record.Why != first.Now.Why || second.Now.Name != KVM {
		t.Errorf("%+v, error %v", second, err)
	}
	want := vms.Hypervisor{Accelerator: KVM, Version: "QEMU 9.8.7", Binary: binary, Machine: "pc", CPU: "host"}
	if second.Hypervisor != want {
		t.Errorf("hypervisor %+v, want %+v", second.Hypervisor, want)
	}
	if third, err := p.Inspect(t.Context()); err != nil || third.Record.Name != KVM {
		t.Errorf("%+v, error %v", third, err)
	}
}

func TestCancelledCapsAreNotRemembered(t *testing.T) {
	p := fakeProvider(t, t.TempDir(), fakeBinary(t, "exit 33"), fakeDevice(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Caps(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if caps, err := p.Caps(t.Context()); err != nil || caps.Accelerator != KVM {
		t.Errorf("afterwards: caps %+v, error %v", caps, err)
	}
}

// A host without QEMU for x86-64 has no probe: another QEMU's start says how slow it is.
func TestSlownessWithoutProbe(t *testing.T) {
	p := New(Options{Binary: "no-such-qemu", Cache: t.TempDir()})
	for cpu, want := range map[time.Duration]float64{0: 1, usualCPU / 2: 1, 3 * usualCPU: 3, time.Minute: mostSlowness} {
		if got := p.hostSlowness(t.Context(), build{cpu: cpu}); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %f, want %f", cpu, got, want)
		}
	}
}
