package multipass

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// What a process of the conformance suite learns from its parent.
const (
	testBinary = "BPFLAB_TEST_MULTIPASS"
	testCache  = "BPFLAB_TEST_CACHE"
)

func TestMain(m *testing.M) {
	vmstest.Child(func() vms.Provider {
		return New(Options{Binary: os.Getenv(testBinary), Cache: os.Getenv(testCache)})
	})
	os.Exit(m.Run())
}

// TestConformanceOfStandIn has the suite run over the stand-in program.
func TestConformanceOfStandIn(t *testing.T) { conforms(t, standIn(t)) }

// TestConformance has it run over multipass itself, where that is on PATH.
func TestConformance(t *testing.T) { conforms(t, realMultipass(t)) }

func conforms(t *testing.T, o Options) {
	t.Setenv(testBinary, o.Binary)
	t.Setenv(testCache, o.Cache)
	p := New(o)
	vmstest.Conformance(t, vmstest.Subject{
		Provider: func() vms.Provider { return p },
		Spec:     realSpec(t, "22.04"),
		Left:     func() ([]string, error) { return leftNames(p) },
	})
	if notes, err := os.ReadDir(o.Cache); err != nil || len(notes) != 0 {
		t.Errorf("notes %v are left of machines that are gone, error %v", notes, err)
	}
}

// leftNames returns the names of the instances that are there.
func leftNames(p *Provider) ([]string, error) {
	left, err := p.Orphans(context.Background())
	var names []string
	for _, m := range left {
		names = append(names, m.Name)
	}
	return names, err
}

// standIn returns the stand-in program, freshly built, with a directory of its own.
func standIn(t *testing.T) Options {
	t.Helper()
	needMachines(t)
	binary, err := built("multipass-standin", "../../ci/multipass")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("MULTIPASS_STANDIN_DIR", t.TempDir())
	return Options{Binary: binary, Cache: t.TempDir()}
}

// realMultipass returns the one on PATH, if it is no stand-in.
func realMultipass(t *testing.T) Options {
	t.Helper()
	needMachines(t)
	text, err := command{"multipass"}.run(t.Context(), nil, "version")
	if err != nil {
		t.Skipf("NOT TESTED against the real multipass: %v", err)
	}
	if strings.Contains(text, "standin") {
		t.Skip("NOT TESTED against the real multipass: the one on PATH is bpflab's stand-in")
	}
	return Options{Binary: "multipass", Cache: t.TempDir()}
}

func needMachines(t *testing.T) {
	t.Helper()
	if os.Getenv("BPFLAB_VM_TESTS") != "1" {
		t.Skip("boots machines: set BPFLAB_VM_TESTS=1, as `make test` does")
	}
}

func realSpec(t *testing.T, selector string) vms.Spec {
	t.Helper()
	agent, err := built("bpflab-agent", "../../cmd/bpflab")
	if err != nil {
		t.Fatal(err)
	}
	return vms.Spec{Kernel: kernel.Image{Selector: selector, Series: selector, Source: source}, Agent: agent, Dir: t.TempDir()}
}

// built builds a program of this module's, once. It lies where test binaries
// do, so that nobody need remove it.
func built(name, pkg string) (string, error) {
	building.Lock()
	defer building.Unlock()
	program := filepath.Join(filepath.Dir(os.Args[0]), name)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return program, nil
}

var building sync.Mutex

// talk resumes a machine's agent.
func talk(t *testing.T, m vms.Machine) (*wire.Client, wire.Ready) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	stream, err := wire.Prepare(ctx, m.Stream(), vms.Port(m))
	if err != nil {
		t.Fatal(err)
	}
	c := wire.NewClient(stream)
	ready, err := c.Resume(ctx, wire.NewResume())
	if err != nil {
		t.Fatal(err)
	}
	return c, ready
}

func TestKernelsAreInstalledAndBooted(t *testing.T) {
	p := New(standIn(t))
	for _, test := range []struct{ selector, series string }{
		{"22.04+mainline-6.12", "6.12."},
		{"22.04+linux-image-6.12.117+deb13-cloud-amd64", "6.12.117+"},
	} {
		t.Run(test.selector, func(t *testing.T) {
			m, err := p.Start(t.Context(), realSpec(t, test.selector))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if _, ready := talk(t, m); !strings.HasPrefix(ready.Release, test.series) {
				t.Errorf("kernel %s, want %s", ready.Release, test.series)
			}
		})
	}
}

func TestKernelsThatAreNotThere(t *testing.T) {
	p := New(standIn(t))
	for _, test := range []struct{ selector, said string }{
		{"22.04+mainline-6.9", "no such mainline kernel: 6.9"},
		{"22.04+linux-image-none", "Unable to locate package linux-image-none"},
		{"file:///no/such.img", "Custom image `/no/such.img` does not exist"},
	} {
		t.Run(test.selector, func(t *testing.T) {
			_, err := p.Start(t.Context(), realSpec(t, test.selector))
			var failed *vms.StartError
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), test.said) || failed.Hint == "" {
				t.Errorf("error %v, want a *vms.StartError with %q and a hint", err, test.said)
			}
		})
	}
	if left, err := leftNames(p); err != nil || len(left) != 0 {
		t.Errorf("left %v, error %v", left, err)
	}
}

func TestPanicIsACrash(t *testing.T) {
	m, err := New(standIn(t)).Start(t.Context(), realSpec(t, "22.04"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	c, _ := talk(t, m)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c.Call(ctx, wire.OpExec, wire.Exec{Argv: []string{"sh", "-c", "echo c >/proc/sysrq-trigger"}}, nil, wire.IO{})
	select {
	case <-m.Done():
	case <-ctx.Done():
		t.Fatal("the machine is still there")
	}
	var crash *vms.Crash
	if !errors.As(m.Err(), &crash) {
		t.Errorf("error %v, want a *vms.Crash", m.Err())
	}
}
