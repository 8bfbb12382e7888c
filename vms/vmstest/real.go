package vmstest

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
)

// RealMemory is what the machines of tests have, in bytes.
const RealMemory = vms.LeastMemory

// RealSpec returns what machines of tests are made of: the kernel of
// BPFLAB_TEST_KERNEL, 6.1 if that is not set, from the cache, and the agent as
// `make build` makes it. It skips the test unless BPFLAB_VM_TESTS is 1.
func RealSpec(t *testing.T) vms.Spec {
	t.Helper()
	if os.Getenv("BPFLAB_VM_TESTS") != "1" {
		t.Skip("boots machines: set BPFLAB_VM_TESTS=1, as `make test` does")
	}
	image, err := RealKernel()
	if err != nil {
		t.Fatal(err)
	}
	return vms.Spec{Kernel: image, Agent: RealAgent(t), Dir: t.TempDir(), Memory: RealMemory}
}

// RealAgent returns the path of BPFLAB_TEST_AGENT, for systems without a Go compiler,
// else of a fresh build. That lies where test binaries do, so that nobody need
// remove it.
func RealAgent(t *testing.T) string {
	t.Helper()
	agent, err := realAgent()
	if err != nil {
		t.Fatal(err)
	}
	return agent
}

// RealKernel is the kernel of RealSpec.
var RealKernel = sync.OnceValues(func() (kernel.Image, error) {
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

var realAgent = sync.OnceValues(func() (string, error) {
	if agent := os.Getenv("BPFLAB_TEST_AGENT"); agent != "" {
		return agent, nil
	}
	agent := filepath.Join(filepath.Dir(os.Args[0]), "bpflab-agent")
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", agent, "github.com/bpflab/bpflab/cmd/bpflab-agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the agent: %w\n%s", err, out)
	}
	return agent, nil
})
