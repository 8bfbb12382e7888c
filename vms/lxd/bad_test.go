package lxd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/lease"
	"github.com/bpflab/bpflab/vms/lxd/lxdtest"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// says wants a *vms.StartError with these texts.
func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	var failed *vms.StartError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want a *vms.StartError", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q is not in: %v", text, err)
		}
	}
}

func TestNoServer(t *testing.T) {
	t.Setenv("LXD_DIR", t.TempDir())
	t.Setenv("LXD_SOCKET", "")
	_, err := New(Options{}).Caps(t.Context())
	says(t, err, "no LXD server on this host", os.Getenv("LXD_DIR"), "snap install lxd", "--provider lxd:REMOTE")
	t.Setenv("LXD_CONF", t.TempDir())
	_, err = New(Options{Remote: "elsewhere"}).Caps(t.Context())
	says(t, err, `"elsewhere"`, "lxc remote list")
}

func TestServersThatRefuse(t *testing.T) {
	server := lxdtest.Start(t)
	address := "https://" + server.Listen(t)
	remote := func() error {
		_, err := New(Options{Remote: address, Cache: t.TempDir()}).Caps(t.Context())
		return err
	}
	t.Setenv("LXD_CONF", t.TempDir())
	says(t, remote(), "certificate", "lxc")
	given := server.LXC(t, "config", "trust", "add", "--name", "bpflab-test", "-q")
	given = given[strings.LastIndexByte(given, '\n')+1:]
	t.Setenv(tokenVariable, given)
	if err := remote(); err != nil {
		t.Fatalf("with a token: %v", err)
	}
	if err := remote(); err != nil {
		t.Errorf("the certificate is trusted now, but: %v", err)
	}
	t.Setenv("LXD_CONF", t.TempDir())
	says(t, remote(), "does not take the token", "print a new one")
	t.Setenv(tokenVariable, "nonsense")
	says(t, remote(), tokenVariable+" holds no token")
}

func TestServerWithoutVirtualMachines(t *testing.T) {
	lxdtest.StartWithoutMachines(t)
	_, err := New(Options{}).Caps(t.Context())
	says(t, err, "runs no virtual machines", "vhost_vsock", "lxd-container", "--provider qemu")
	if _, err := New(Options{Containers: true}).Caps(t.Context()); err != nil {
		t.Errorf("containers: %v", err)
	}
}

func TestLimitsOfAServer(t *testing.T) {
	server := lxdtest.Start(t)
	p := New(Options{Cache: t.TempDir()})
	spec := vmstest.RealSpec(t)
	if _, err := p.Caps(t.Context()); err != nil {
		t.Fatal(err)
	}
	start := func() error {
		m, err := p.Start(t.Context(), spec)
		if err == nil {
			m.Close()
		}
		return err
	}
	server.LXC(t, "project", "set", "bpflab", "limits.virtual-machines=0")
	says(t, start(), "limit", "lxc project info")
	server.LXC(t, "project", "unset", "bpflab", "limits.virtual-machines")
	full := filepath.Join(server.Dir, "storage-pools", "default", "virtual-machines")
	if err := unix.Mount("tmpfs", full, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	says(t, start(), "no space left", "the storage pool is full")
	unix.Unmount(full, unix.MNT_DETACH)
	if left, err := p.Orphans(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

func TestSelectorsOfAServer(t *testing.T) {
	lxdtest.Start(t)
	for _, test := range []struct {
		containers bool
		selector   string
		mine       bool
		bad        string
	}{
		{false, "6.1", false, ""},
		{false, "image:ubuntu/24.04", true, ""},
		{false, "image:debian/12+linux-image-rt-amd64", true, ""},
		{false, "image:ubuntu/4.10", true, "image:ubuntu/4.10"},
		{false, "image:gone", true, "no alias on the server"},
		{true, "default", true, ""},
		{true, "running", true, ""},
		{true, "4.19", true, "is not what the server runs"},
	} {
		images, mine, err := New(Options{Containers: test.containers}).Resolve(t.Context(), test.selector)
		if mine != test.mine {
			t.Errorf("%s: mine %v", test.selector, mine)
		}
		var bad *kernel.SelectorError
		switch {
		case test.bad != "" && (!errors.As(err, &bad) || !strings.Contains(err.Error(), test.bad)):
			t.Errorf("%s: error %v, want a *kernel.SelectorError with %q", test.selector, err, test.bad)
		case test.bad == "" && (err != nil || mine && len(images) != 1):
			t.Errorf("%s: %v, error %v", test.selector, images, err)
		}
	}
}

// Somebody else's instance is in bpflab's project, under a name like its own.
func TestInstanceThatIsNotOurs(t *testing.T) {
	server := lxdtest.Start(t)
	p := New(Options{})
	if _, err := p.Caps(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.LXC(t, "init", "bpflab-precious", "--empty", "--vm", "--project", "bpflab", "--storage", "default")
	left, err := p.Orphans(t.Context())
	if err != nil || len(left) != 1 || left[0].Owner.State() != lease.Unknown {
		t.Errorf("found %+v, error %v; want one that is nobody's", left, err)
	}
	says(t, p.Purge(t.Context()), "bpflab-precious is not bpflab's")
	if text := server.LXC(t, "list", "--project", "bpflab", "-f", "csv", "-c", "n"); text != "bpflab-precious" {
		t.Errorf("it is gone; there is %q", text)
	}
}

// The daemon dies while a machine runs. The machine goes on, and is found when
// the daemon is back.
func TestServerLostWhileAMachineRuns(t *testing.T) {
	server := lxdtest.Start(t)
	p := New(Options{Cache: t.TempDir()})
	m, err := p.Start(t.Context(), vmstest.RealSpec(t))
	if err != nil {
		t.Fatal(err)
	}
	server.Kill()
	select {
	case <-m.Done():
	case <-time.After(time.Minute):
		t.Fatal("nobody notices")
	}
	if err := m.Err(); !errors.Is(err, vms.ErrGone) {
		t.Errorf("error %v, want %v", err, vms.ErrGone)
	}
	if err := m.Close(); err == nil || !strings.Contains(err.Error(), "is left on the server (bpflab vms gc removes it)") {
		t.Errorf("Close says %v", err)
	}
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p = New(Options{})
	left, err := p.Orphans(ctx)
	if err != nil || len(left) != 1 || left[0].Owner != lease.Self() {
		t.Fatalf("found %+v, error %v; want the one machine", left, err)
	}
	if err := p.Remove(ctx, left[0]); err != nil {
		t.Error(err)
	}
}

func TestAPanicIsTold(t *testing.T) {
	lxdtest.Start(t)
	spec := vmstest.RealSpec(t)
	spec.Agent = filepath.Join(t.TempDir(), "init")
	if err := os.WriteFile(spec.Agent, []byte("#!/bin/busybox sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := New(Options{Cache: t.TempDir()})
	m, err := p.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	select {
	case <-m.Done():
	case <-time.After(time.Minute):
		t.Fatal("nobody notices")
	}
	var crash *vms.Crash
	if err := m.Err(); !errors.As(err, &crash) || crash.Reason != vms.ErrPanic || !strings.Contains(crash.Splat, "exitcode=0x00000300") {
		t.Errorf("error %v, want the panic", err)
	}
}
