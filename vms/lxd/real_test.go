package lxd

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
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
			spec := realSpec(t)
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

// leftNames are the names of all of the provider's instances.
func leftNames(p *Provider) ([]string, error) {
	left, err := p.Left(context.Background())
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

// realSpec is what machines are made of: the lock file's kernel, from the
// cache, and the agent as `make build` makes it.
func realSpec(t *testing.T) vms.Spec {
	t.Helper()
	image, err := testKernel()
	if err != nil {
		t.Fatal(err)
	}
	agent, err := testAgent()
	if err != nil {
		t.Fatal(err)
	}
	return vms.Spec{Kernel: image, Agent: agent, Dir: t.TempDir(), Memory: leastMemory}
}

// testKernel is the kernel of BPFLAB_TEST_KERNEL, 6.1 if that is not set.
var testKernel = sync.OnceValues(func() (kernel.Image, error) {
	kernels, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		return kernel.Image{}, err
	}
	refs, err := kernels.Resolve(context.Background(), []string{cmp.Or(os.Getenv("BPFLAB_TEST_KERNEL"), "6.1")})
	if err != nil {
		return kernel.Image{}, err
	}
	return kernels.Image(context.Background(), refs[0])
})

// testAgent is the path of a fresh build, beside the test binary.
var testAgent = sync.OnceValues(func() (string, error) {
	agent := filepath.Join(filepath.Dir(os.Args[0]), "bpflab-agent")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", agent, "../../cmd/bpflab")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the agent: %w\n%s", err, out)
	}
	return agent, nil
})
