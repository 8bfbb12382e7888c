package lxd

import (
	"context"
	"os"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/lxd/lxdtest"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// What a process of the conformance suite learns from its parent.
const (
	testCache      = "BPFLAB_TEST_CACHE"
	testContainers = "BPFLAB_TEST_CONTAINERS"
)

func TestMain(m *testing.M) {
	vmstest.Child(func() vms.Provider {
		return New(Options{Cache: os.Getenv(testCache), Containers: os.Getenv(testContainers) != ""})
	})
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	lxdtest.Start(t)
	cache := t.TempDir()
	t.Setenv(testCache, cache)
	for _, containers := range []bool{false, true} {
		t.Run(map[bool]string{false: "virtual machines", true: "containers"}[containers], func(t *testing.T) {
			options := Options{Cache: cache, Containers: containers}
			spec := vmstest.RealSpec(t)
			if containers {
				t.Setenv(testContainers, "1")
			}
			p := New(options)
			if containers {
				spec.Kernel = runningKernel(t, p)
			}
			vmstest.Conformance(t, vmstest.Subject{
				Provider: func() vms.Provider { return p },
				Spec:     spec,
				Left:     func() ([]string, error) { return leftNames(p) },
			})
		})
	}
}

// leftNames returns the names of all of the provider's instances.
func leftNames(p *Provider) ([]string, error) {
	left, err := p.Orphans(context.Background())
	var names []string
	for _, m := range left {
		names = append(names, m.Name)
	}
	return names, err
}

func runningKernel(t *testing.T, p *Provider) kernel.Image {
	t.Helper()
	images, _, err := p.Resolve(t.Context(), "running")
	if err != nil {
		t.Fatal(err)
	}
	return images[0]
}
