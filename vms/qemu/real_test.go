//go:build linux

package qemu

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// testCache names, for a process of the conformance suite, where its parent keeps
// its archives.
const testCache = "BPFLAB_TEST_CACHE"

func TestMain(m *testing.M) {
	vmstest.Child(func() vms.Provider { return New(Options{Cache: os.Getenv(testCache)}) })
	if cache := os.Getenv(crowdCache); cache != "" {
		crowd(cache)
	}
	if how := os.Getenv(fakeManner); how != "" {
		actAsQEMU(how, os.Args[1:])
	}
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	spec := vmstest.RealSpec(t)
	cache := t.TempDir()
	t.Setenv(testCache, cache)
	_, found, err := New(Options{Cache: cache}).look(t.Context(), kernel.AMD64)
	if err != nil {
		t.Fatal(err)
	}
	starterOf(found, false).begin() // what it holds stays for as long as this process
	for _, cold := range []bool{true, false} {
		t.Run(map[bool]string{true: "boot", false: "fork"}[cold], func(t *testing.T) {
			spec.Cold = cold
			vmstest.Conformance(t, vmstest.Subject{Provider: func() vms.Provider { return New(Options{Cache: cache}) }, Spec: spec})
		})
	}
}

// script returns an agent: the init of a machine that does what is to be seen.
func script(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "init")
	if err := os.WriteFile(name, []byte("#!/bin/busybox sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestEndsOfRealMachines(t *testing.T) {
	spec := vmstest.RealSpec(t)
	provider := New(Options{Cache: t.TempDir()})
	for _, test := range []struct {
		name, init string
		reason     error
		splat      string
	}{
		{"power-off", "poweroff -f", nil, ""},
		{"reset", "reboot -f", vms.ErrGone, "the guest reset itself"},
		{"out of memory", "mount -t devtmpfs dev /dev; mount -t ramfs none /mnt; exec cat /dev/zero >/mnt/fill", vms.ErrMemory, "System is deadlocked on memory"},
		{"init ends", "exit 3", vms.ErrPanic, "Attempted to kill init! exitcode=0x00000300"},
		{"sysrq", "mount -t proc proc /proc; echo c >/proc/sysrq-trigger", vms.ErrPanic, "sysrq triggered crash"},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec := spec
			spec.Agent, spec.Dir, spec.Cold = script(t, test.init), t.TempDir(), true
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			m, err := provider.Start(ctx, spec)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			<-m.Done()
			if err := m.Err(); !errors.Is(err, test.reason) {
				t.Fatalf("error %v, want %v", err, test.reason)
			}
			var crash *vms.Crash
			if errors.As(m.Err(), &crash) && !strings.Contains(crash.Splat, test.splat) {
				t.Errorf("splat without %q:\n%s", test.splat, crash.Splat)
			}
		})
	}
}

func TestRefusedMachineIsReportedInQEMUsWords(t *testing.T) {
	want := vmstest.RealSpec(t)
	s := spec{kernel: want.Kernel, initrd: "/none", memory: 1 << 60, cpus: 1, accel: TCG, qemu: build{path: "qemu-system-x86_64"}}
	_, err := s.launch(t.Context(), arguments(s), filepath.Join(want.Dir, consoleLog))
	if err == nil || !strings.Contains(err.Error(), "qemu-system-x86_64: ") || !strings.Contains(err.Error(), "memory") {
		t.Errorf("error %v, want what QEMU says of memory", err)
	}
}

func TestControlOfARealMachine(t *testing.T) {
	started, err := New(Options{Cache: t.TempDir()}).Start(t.Context(), vmstest.RealSpec(t))
	if err != nil {
		t.Fatal(err)
	}
	defer started.Close()
	m := started.(*machine)
	var status struct {
		Running bool
		Status  string
	}
	if err := m.control.execute(t.Context(), "query-status", nil, &status); err != nil || !status.Running {
		t.Errorf("status %+v, error %v", status, err)
	}
	if err := m.control.execute(t.Context(), "quit", nil, nil); err != nil {
		t.Error(err)
	}
	<-m.Done()
	if err := m.Err(); !errors.Is(err, vms.ErrGone) || !strings.Contains(err.Error(), "host-qmp-quit") {
		t.Errorf("error %v, want %v with QEMU's reason", err, vms.ErrGone)
	}
}

// The emulator runs any guest, so it must get to the end of the probe's.
func TestProbeRunsUnderEmulation(t *testing.T) {
	vmstest.RealSpec(t)
	p := New(Options{Cache: t.TempDir()})
	trials, err := p.try(t.Context(), []string{TCG, "none such"})
	if err != nil || trials[TCG].Outcome != ran || trials[TCG].CPU <= 0 {
		t.Errorf("%+v, error %v", trials, err)
	}
	if got := trials["none such"]; got.Outcome != refused || !strings.Contains(got.Reason, "invalid accelerator none such") {
		t.Errorf("no accelerator of that name, but %+v", got)
	}
}
